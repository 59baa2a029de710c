"""What the code of now makes of messages of then, in memory: no store, no cache, no producer is open here."""
