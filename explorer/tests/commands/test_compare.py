import csv
import json

import pandas as pd
import pytest

from leap_explorer.runs.run import load_run
from leap_explorer.tables.from_frame import run_from_frame
from toys import explorer


def frame(wrong):
    """Forty samples of which those numbers are predicted wrong, by a model that is sure."""
    labels = ["cat" if number % 2 else "dog" for number in range(40)]
    right = [0.05 if number in wrong else 0.95 for number in range(40)]
    of_cat = [share if label == "cat" else 1 - share for label, share in zip(labels, right, strict=True)]
    columns = {"id": [f"=s{number}" for number in range(40)], "label": labels, "p_cat": of_cat}
    return pd.DataFrame(columns | {"p_dog": [1 - share for share in of_cat]})


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The second fixes samples 1, 2 and 3, and breaks 30."""
    folder = tmp_path_factory.mktemp("runs")
    for name, wrong in {"old": {1, 2, 3, 9}, "new": {9, 30}}.items():
        latent = [[number, number % 7] for number in range(40)]
        columns = {"id": "id", "label": "label", "probabilities": "p_*", "latent": latent}
        run_from_frame(frame(wrong), **columns, out=folder / name, projection="pca")
    return folder


@pytest.mark.slow
def test_what_it_says_and_writes(runs, tmp_path):
    files = {name: tmp_path / "made" / f"out.{name}" for name in ("json", "markdown", "csv")}
    options = [str(part) for name, path in files.items() for part in (f"--{name}", path)]
    result = explorer("compare", runs / "old", runs / "new", *options)
    assert result.returncode == 0, result.stderr
    assert "40 samples are in both (40 by id, 0 by their inputs)" in result.stdout
    assert "new fixes 3 errors of old and breaks 1 others; 1 are wrong in both." in result.stdout
    data = json.loads(files["json"].read_text())
    assert data["outcomes"] == {"fixed": 3, "broken": 1, "still_wrong": 1, "both_right": 35}
    with files["csv"].open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["outcome"], row["id"]) for row in rows][3:] == [("broken", "'=s30"), ("still wrong", "'=s9")]
    assert files["markdown"].read_text().startswith("### new compared with old")


@pytest.mark.slow
def test_runs_of_other_labels(runs, tmp_path):
    other = frame({1}).replace("cat", "cow").rename(columns={"p_cat": "p_cow"})
    columns = {"id": "id", "label": "label", "probabilities": "p_*", "projection": "pca"}
    latent = [[number, number % 7] for number in range(40)]
    run_from_frame(other, **columns, latent=latent, out=tmp_path / "other")
    assert load_run(tmp_path / "other").task.labels == ("cow", "dog")
    result = explorer("compare", runs / "old", tmp_path / "other")
    assert result.returncode == 1
    assert "The runs are of different tasks" in result.stderr
    assert "Traceback" not in result.stderr
