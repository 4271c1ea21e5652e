"""What there is to do, and what it waits for: requests and their plans, events, timers, approvals, pauses."""
