"""Discounts: coupons, and who has used them how often."""
