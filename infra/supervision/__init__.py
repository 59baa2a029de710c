"""Keeps the processes of a stack alive, and does with one of them what it is told."""
