"""Users: the person behind an account."""
