"""The log agent: takes log lines from RabbitMQ's queue into Elasticsearch. A process of its own, `python -m agents.logs`."""
