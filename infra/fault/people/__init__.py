"""Who takes part in orders under faults: guests, owners, kitchens, couriers, and the city that they live in."""
