"""The load: what upstream systems say, with its intent on disk before it is said."""
