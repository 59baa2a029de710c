"""How a server's program comes onto this machine."""
