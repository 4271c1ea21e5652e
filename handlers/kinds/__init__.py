"""What each kind of handler is, and how its files are found."""
