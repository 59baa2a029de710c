"""Faults on purpose, each with its own servers: the promise that nothing is lost or doubled, and the audit that tries it."""
