"""The engineers' questions and console, on logs that are full."""
