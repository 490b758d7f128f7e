"""`imdb error-words`: which words pushed wrong predictions."""

import json

import pytest
from rich.console import Console
from typer.testing import CliRunner

from IMDb.commands import error_words
from IMDb.commands.explorer import run_folder
from IMDb.commands.main import app
from IMDb.errors import UserError
from leap_explorer.insights.rows import held_out
from leap_explorer.runs.run import load_run


def test_the_drawn_are_held_out_wrong_and_the_same_for_a_seed():
    run = load_run(run_folder("dense"))
    drawn, total = error_words.wrong_reviews(run, None, 20, 1)
    samples = run.samples.set_index("id").loc[[name for name, _ in drawn]]
    assert (samples["ground_truth"] != samples["prediction"]).all()
    assert held_out(samples).all()
    assert len(drawn) == 20 < total < 400
    assert drawn == error_words.wrong_reviews(run, None, 20, 1)[0] != error_words.wrong_reviews(run, None, 20, 2)[0]


def test_an_insight_narrows_them_and_an_unknown_one_is_named():
    run = load_run(run_folder("dense"))
    insight = next(one["id"] for one in run.insights if one["kind"] == "low_performance")
    assert error_words.wrong_reviews(run, insight, 20, 1)[1] < error_words.wrong_reviews(run, None, 20, 1)[1]
    with pytest.raises(UserError, match="has no insight absent; there are"):
        error_words.wrong_reviews(run, "absent", 20, 1)


@pytest.mark.slow
def test_words_are_listed_with_what_both_models_make_of_them(monkeypatch, tmp_path):
    monkeypatch.setattr(error_words, "console", Console(width=200))
    file = tmp_path / "words.json"
    result = CliRunner().invoke(app, ["error-words", "--draw", "10", "--json", str(file)])
    assert result.exit_code == 0, result.output
    found = json.loads(file.read_text())
    assert found["drawn"] == 10
    for word in found["words"]:
        assert word["dense"]["low"] > 0
        assert set(word["bert"]) == {"value", "low", "high"}
