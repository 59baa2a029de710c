"""Elasticsearch 8.19: what is searched and added up, and can be made again from topics at any time. No truth lies here."""
