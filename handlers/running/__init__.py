"""A process that runs: what it goes on with, what an outcome means for it, what ends it early."""
