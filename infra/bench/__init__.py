"""Measurements as ratios of two sides in one run: absolute figures say more about the machine than about the code."""
