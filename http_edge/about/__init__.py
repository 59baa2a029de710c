"""Routes about the gateway itself: health, metrics, and the description of its API."""
