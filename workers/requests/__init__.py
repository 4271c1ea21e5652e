"""Requests: their accounts planned, compared with a plan, decided in sets, and their commands answered."""
