"""How many coupons a restaurant makes."""

from topics.deciding.seats import Seats

COUPONS = Seats("coupon", 300)
"""Of one restaurant, those that are over included: their uses stay counted, so no seat comes back."""
