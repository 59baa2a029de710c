"""What stops a start, as one line for the person who typed the command."""


class CannotStart(RuntimeError):
    """The message is the whole line: what is missing or wrong, where it was looked for, how to get it."""
