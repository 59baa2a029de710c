"""Analytics: what restaurants' orders come to, in Elasticsearch, for their owners."""
