"""What stops a start, as one line for the person who typed the command."""


class CannotStart(RuntimeError):
    """The message is the whole line: what is missing or wrong, where it was looked for, how to get it."""

    code = 1
    """The exit code of the command."""


class NoSuchName(CannotStart):
    """What was named is not there. The message names what there is."""

    code = 2
