"""An order from its checkout to the kitchen, against one process that does the same steps."""
