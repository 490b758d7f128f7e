import sys

import pytest

from IMDb.commands import main as cli
from interrupts import interruptible  # noqa: F401 (a fixture)
from offline import offline  # noqa: F401 (a fixture)


@pytest.fixture(autouse=True)
def _own_surroundings(tmp_path, monkeypatch):
    """Neither the user's cache nor settings, of the user or of another test, reach a test."""
    monkeypatch.setenv("IMDB_CACHE_DIR", str(tmp_path / "cache"))
    for variable in ("IMDB_MODEL", "IMDB_DATA", "IMDB_TEST", "IMDB_BAD_ROWS"):
        monkeypatch.setenv(variable, "")  # so that what a test sets, or a command that it calls, ends with the test
        monkeypatch.delenv(variable)


@pytest.fixture
def imdb(monkeypatch, capsys):
    """Runs the command in this process: (exit code, stdout, stderr)."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["imdb", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        printed = capsys.readouterr()
        return end.value.code, printed.out, printed.err

    return run


@pytest.fixture
def fails(imdb):
    """Runs a command that must end with one clear line: its message."""

    def run(*arguments):
        code, out, err = imdb(*arguments)
        assert code == 1
        assert out == ""
        assert err.startswith("Error: ")
        assert err.count("\n") == 1
        return err.removeprefix("Error: ").strip()

    return run
