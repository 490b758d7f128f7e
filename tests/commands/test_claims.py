"""`imdb claims` on the shipped runs."""

from rich.console import Console
from typer.testing import CliRunner

from IMDb.commands.claims import CLAIMS
from IMDb.commands.main import app
from leap_explorer.commands import runs


def test_each_claim_is_tested_in_each_model(monkeypatch):
    monkeypatch.setattr(runs, "console", Console(width=200))
    result = CliRunner().invoke(app, ["claims"])
    assert result.exit_code == 0, result.output
    for claim in CLAIMS:
        assert result.output.count(claim.text) == 2
    assert result.output.count("2,495") == 4
