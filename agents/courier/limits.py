"""How long an offer stands, and how often an order is offered."""

OFFER_SECONDS = 60
"""By the server's clock: until then the courier who is asked may accept, and nobody else is asked."""

OFFERS = 100
"""Of one order. Who asks more often does not look for a courier."""
