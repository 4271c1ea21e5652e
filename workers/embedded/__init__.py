"""What has no URL runs here: a database file, a Valkey of our own, every role as a thread."""
