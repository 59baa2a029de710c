"""Menus as files: an import on its way, page by page, and what became of each row."""
