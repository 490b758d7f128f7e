"""A fixture for tests that interrupt commands; each tree's conftest imports it."""

import signal

import pytest


@pytest.fixture(autouse=True, scope="session")
def interruptible():
    """What a shell starts in the background ignores Ctrl-C, and so would the commands that tests interrupt."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
