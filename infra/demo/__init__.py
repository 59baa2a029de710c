"""The demo data: a file for each city, coupons and campaigns in offers.py, and filling.py, which sends all of it."""
