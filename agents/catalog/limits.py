"""How much a menu holds."""

from topics.deciding.seats import Seats

MEALS = Seats("meal", 300)
"""Of one restaurant."""

MEAL_BYTES = 4 * 1024
"""Of a meal as JSON: a description of 2,000 letters, or options of some hundred choices."""
