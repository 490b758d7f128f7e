"""`imdb check --insights FILE` on real reviews: the model is evaluated, and the file's tests are made on it."""

import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from IMDb.config import LABELS, ROOT, load_config
from IMDb.metrics import cross_entropy
from IMDb.models.prediction import load_predictor
from IMDb.reviews.dataset import load_dataset
from leap_explorer.runs.run import load_run

REVIEWS = {"training": 160, "validation": 80}
MARGIN = 0.01
# The command's runs/dense is the user's
CLI = """
import sys
from pathlib import Path
from IMDb.commands import explorer, main
explorer.RUNS_DIR = Path(sys.argv.pop(1))
main.main()
"""


@pytest.fixture(scope="module")
def reviews():
    """Of each split as many negative as positive ones."""
    bundled = load_dataset(load_config().model_copy(update={"data": "bundled"}))
    groups = bundled[bundled["split"].isin(REVIEWS)].groupby(["split", "label"], sort=False)
    return pd.concat([rows.sample(REVIEWS[split] // len(LABELS), random_state=0) for (split, _), rows in groups])


@pytest.fixture(scope="module")
def folder(reviews, tmp_path_factory):
    """The reviews as a CSV file; runs and cache go there too."""
    folder = tmp_path_factory.mktemp("check")
    reviews[["id", "text", "label", "split"]].to_csv(folder / "reviews.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def loss(reviews):
    """The mean of the held-out reviews, by the package without the explorer."""
    rows = reviews[reviews["split"] == "validation"]
    logits = load_predictor(load_config().model_copy(update={"model": "dense"})).logits(rows["text"].tolist())
    return float(cross_entropy(np.eye(len(LABELS))[rows["label"].to_numpy(dtype=int)], logits, from_logits=True).mean())


def check(folder, insights):
    unset = {name: value for name, value in os.environ.items() if not name.startswith(("IMDB_", "IS_TENSORLEAP"))}
    environment = unset | {"IMDB_CACHE_DIR": str(folder / "cache"), "PYTHONPATH": str(ROOT), "COLUMNS": "250"}
    options = ("check", "--model", "dense", "--data", folder / "reviews.csv", "--insights", insights)
    command = [sys.executable, "-c", CLI, folder / "runs", *options]
    return subprocess.run(
        list(map(str, command)), cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def write_check(folder, limit):
    """The test that the held-out loss is at most `limit`."""
    conditions = [{"column": "subset", "operator": "==", "value": "validation"}]
    test = {"name": "held-out", "filter": conditions, "metric": "loss", "statistic": "mean", "operator": "<="}
    path = folder / f"checks-{limit}.json"
    path.write_text(json.dumps([{**test, "value": limit}]))
    return path


@pytest.fixture(scope="module")
def passed(folder, loss):
    """The first call, which evaluates."""
    return check(folder, write_check(folder, loss + MARGIN))


@pytest.mark.slow
class TestCheckInsights:
    def test_a_test_that_passes(self, passed, folder, loss):
        assert passed.returncode == 0, passed.stderr
        assert "1 of 1 tests passed." in passed.stdout
        assert f"passed held-out: mean loss is {loss:.3f}"[:-1] in passed.stdout
        assert "over 80 samples (subset is validation)" in passed.stdout
        counts = load_run(folder / "runs" / "dense").info["counts"]
        assert {subset: count["evaluated"] for subset, count in counts.items()} == REVIEWS

    def test_one_that_fails(self, passed, folder, loss):
        """On the run that is there already: the model has not changed. By more than chance explains."""
        result = check(folder, write_check(folder, loss / 4))
        assert result.returncode == 1
        assert "FAILED held-out: mean loss is" in result.stdout
        assert "0 of 1 tests passed." in result.stdout
        assert "Evaluating" not in result.stderr
        assert result.stderr.splitlines()[-1] == "Error: dense.h5 does not pass; see above."
        assert "Traceback" not in result.stderr

    def test_what_chance_explains_does_not_fail(self, passed, folder, loss):
        result = check(folder, write_check(folder, loss - MARGIN))
        assert result.returncode == 0
        assert "1 of 1 tests passed." in result.stdout

    def test_the_runs_own_insights_pass(self, passed, folder):
        own = folder / "runs" / "dense" / "insights.json"
        tests = [insight["test"] for insight in json.loads(own.read_text())["insights"] if insight["test"]]
        assert tests
        result = check(folder, own)
        assert result.returncode == 0, result.stdout
        assert f"{len(tests)} of {len(tests)} tests passed." in result.stdout
