"""The one exception that a command turns into a message."""


class ExplorerError(Exception):
    """Something the user can mend: the message names the cause and the remedy."""
