"""The payment provider. The composition root chooses which one."""


class Refused(Exception):
    """The provider never does this. code: in the provider's words, snake_case."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Deferred(Exception):
    """The provider does not do this now, or has not answered though it is there; it may do others. The text says why."""
