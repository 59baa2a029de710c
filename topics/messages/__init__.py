"""What a message and a topic are, and what travels with a message: headers, ids, replies."""
