"""What each fault judges when all is quiet: one promise a module, pure or on what was read (infra/fault/evidence.py)."""
