"""Kitchens: tickets go to their queues in RabbitMQ, and what they answer comes to the orders. See docs/kitchen.md."""
