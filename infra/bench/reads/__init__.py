"""Reads through the edge, one-off and streamed, against bare handlers."""
