"""From a basket to an order: lines, coupons, checkout, orders."""
