"""The engineers' tools: what happened, what is stuck, and putting it right. Dry run wherever something would change."""
