"""The one exception that a command turns into a message."""


class ExplorerError(Exception):
    """Something the user can mend: the message names the cause and the remedy."""


class BadRows(ExplorerError):
    """Rows of a table that cannot be used: the message names the first; without them the others can be."""

    def __init__(self, message: str, reasons: dict[int, str]) -> None:
        """`reasons` by the rows' places, from 0."""
        super().__init__(message)
        self.reasons = reasons
