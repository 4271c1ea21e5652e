"""The processes: what takes messages, decides sets, runs events and publishes, and all that holds them up."""
