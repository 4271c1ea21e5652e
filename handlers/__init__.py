"""Decisions, all of them pure: what an event, a message or a timer comes to, and what consumers are told."""
