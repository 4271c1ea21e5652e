"""The report: what was tried, how often, what that bounds, and what it does not show."""
