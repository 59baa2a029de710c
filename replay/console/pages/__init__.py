"""One file a page, or a few of one kind. Each has ROUTES, and says which command tells the same."""
