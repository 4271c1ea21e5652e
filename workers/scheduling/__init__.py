"""What time brings: due work found again, timers, totals and upkeep, and whether all is done."""
