"""Routes that send a command and wait for its reply."""
