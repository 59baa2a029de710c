"""Couriers: who brings an order, from the offer to the door."""
