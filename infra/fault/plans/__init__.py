"""A load that is decided before anything is sent, and sent straight to the topics."""
