"""Restaurants: who owns them, where they are, when they are open, what they ask for a delivery; their campaigns, and who
follows them."""
