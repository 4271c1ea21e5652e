"""Consumers that only write down what they get: each a process of its own, with a file for each queue."""
