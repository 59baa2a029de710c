"""`./lezzet views`: generations of views, and building one again."""
