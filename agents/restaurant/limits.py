"""How many restaurants somebody has, and how large one is."""

from topics.deciding.seats import Seats

RESTAURANTS = Seats("restaurant", 30)
"""Of one owner. They are never removed, so no seat comes back."""

RESTAURANT_BYTES = 8 * 1024
"""Of a restaurant as JSON, without its campaigns (agents/restaurant/campaigns.py)."""
