"""Baskets: what a user is about to order, from one restaurant at a time."""
