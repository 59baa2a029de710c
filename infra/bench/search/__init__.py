"""The search script on Redis against the same searches in PostgreSQL."""
