"""Payments: what an order costs is held on the customer's card, taken, given free and paid back, or settled at the door."""
