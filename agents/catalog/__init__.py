"""The catalog: what restaurants sell, and for how much."""
