"""Intake: deliveries are understood, journaled and decided, a set in one transaction, then acknowledged."""
