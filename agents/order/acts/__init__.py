"""What each command does to an order. The decider calls it."""
