"""Write-off events: the executor that runs a set of them in one transaction, and the cases it reads."""
