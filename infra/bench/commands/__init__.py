"""Writes through Kafka, one at a time and from many connections, against a handler that writes the row itself."""
