"""One file a page, or a few of one kind. Each says which command tells the same. Their paths: replay/console/serving.py."""
