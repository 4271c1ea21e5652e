"""Messages that come and go: inbox and outbox, their identities, dead letters, what is published again."""
