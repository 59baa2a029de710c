"""How much a menu holds."""

from topics.deciding.seats import Seats

MEALS = Seats("meal", 9_000, asked=32)
"""Of one owner, on all menus together. With 5,000 of them the chance that another one is refused is below 1 in 10^8."""

MEAL_BYTES = 4 * 1024
"""Of a meal as JSON: a description of 2,000 letters, or options of some hundred choices."""
