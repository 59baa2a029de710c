"""How a record of the log reads for an engineer, and how records are found."""
