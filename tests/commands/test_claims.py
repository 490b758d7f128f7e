"""`imdb claims` on the shipped runs."""

from typer.testing import CliRunner

from IMDb.commands.claims import CLAIMS
from IMDb.commands.main import app


def test_each_claim_is_tested_in_each_model():
    result = CliRunner().invoke(app, ["claims"], env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    for claim in CLAIMS:
        assert result.output.count(claim.text) == 2
    assert result.output.count("2,495") == 4
