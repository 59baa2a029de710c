"""JSON Schemas of the topics: what was promised, what would break it, and the AsyncAPI document."""
