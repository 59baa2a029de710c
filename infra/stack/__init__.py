"""The servers and the product's processes together, in the order in which they come up."""
