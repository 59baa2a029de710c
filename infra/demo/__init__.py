"""The demo data: a file a city, and filling.py, which sends it.

Coupons and campaigns go into files of their own here, and become wishes in filling.py.
"""
