"""`python -m leap_explorer`: the command `leap-explorer`."""

from leap_explorer.cli import main

if __name__ == "__main__":
    main()
