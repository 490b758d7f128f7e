"""The one error that users are meant to read."""


class UserError(Exception):
    """Something in the user's hands is wrong; the message names the cause and the remedy.

    The command line prints the message without a traceback and exits with 1.
    """
