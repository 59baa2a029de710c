"""What the domains' pure functions share: their vocabulary, refusals, prices, coupons, times of orders."""
