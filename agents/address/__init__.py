"""Address books: where users have their orders brought."""
