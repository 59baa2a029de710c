"""Orders: what a user has ordered, and what it costs."""
