"""Routes that show a document, once or live."""
