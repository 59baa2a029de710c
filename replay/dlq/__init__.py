"""`./lezzet dlq`: what was set aside, and how it comes back."""
