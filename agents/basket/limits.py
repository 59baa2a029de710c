"""How much a basket holds."""

MAX_LINES = 100
"""Different meals. Of one meal: topics.values.fields.MAX_QUANTITY."""
