"""What operators ask: read-only, set-based, and paged by key where a list can be long."""
