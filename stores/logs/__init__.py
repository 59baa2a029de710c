"""The logs' way: lines of every process, by RabbitMQ's exchange `logs`, into Elasticsearch (docs/logs.md)."""
