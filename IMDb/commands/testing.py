"""What `poetry run test` runs."""

import os
import sys

import pytest

from IMDb.config import ROOT


def main() -> None:
    """Run pytest from the project's root; arguments are passed on, such as `poetry run test -k dataset`."""
    os.chdir(ROOT)
    sys.exit(pytest.main(sys.argv[1:]))
