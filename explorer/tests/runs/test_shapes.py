"""Runs whose files others have changed: one line that names the file, whichever part is not as it must be."""

import json

import numpy as np
import pandas as pd
import pytest

from hostile_runs import made_run
from leap_explorer.errors import ExplorerError
from leap_explorer.runs.run import load_run
from leap_explorer.runs.shapes import RUN, Every, Maybe, problem


@pytest.fixture
def run(tmp_path):
    return made_run(tmp_path / "run", 0)


def change(run, name, **parts):
    path = run.path / name
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | parts), encoding="utf-8")


def read_all(path):
    run = load_run(path)
    return run.samples, run.clusters, run.insights, run.skipped_insights, run.out_of_sample, run.task


@pytest.mark.parametrize(
    ("part", "value", "named"),
    [
        ("counts", {"test": 3}, "counts.test"),
        ("counts", {"test": {"available": "3"}}, "counts.test.available"),
        ("counts", {"test": {"available": True}}, "counts.test.available"),
        ("columns", {"id": "id"}, "columns.id"),
        ("columns", {"id": {}}, "columns.id.role"),
        ("labels", ["a", 1], "labels[1]"),
        ("model", {"file": ["x"]}, "model.file"),
        ("history", {"epochs": {"epoch": 1}}, "history.epochs"),
        ("task", {"kind": 3}, "task.kind"),
        ("seed", "42", "seed"),
        ("versions", {"numpy": {}}, "versions.numpy"),
    ],
)
def test_a_part_of_another_type_is_named(run, part, value, named):
    change(run, "run.json", **{part: value})
    with pytest.raises(ExplorerError) as error:
        read_all(run.path)
    assert f"run.json says nothing of {named} that can be read" in str(error.value)


@pytest.mark.parametrize("value", [{}, "x", [3], [{"cluster": "0"}], [{"cluster": 0, "size": 0.5}]])
def test_clusters_of_another_type(run, value):
    change(run, "population.json", clusters=value)
    with pytest.raises(ExplorerError, match=r"population\.json says nothing of clusters"):
        read_all(run.path)


@pytest.mark.parametrize("value", [None, [[]], [{"id": "x"}]])
def test_insights_of_another_type(run, value):
    change(run, "insights.json", insights=value)
    with pytest.raises(ExplorerError, match=r"insights\.json says nothing of insights"):
        read_all(run.path)


@pytest.mark.parametrize("name", ["run.json", "population.json", "insights.json"])
@pytest.mark.parametrize("content", ["9" * 400, "[" * 20_000, '{"a": ' * 200 + "1" + "}" * 200, '{"seed": 1e999}'])
def test_numbers_and_nesting_that_nothing_can_read(run, name, content):
    (run.path / name).write_text(content)
    with pytest.raises(ExplorerError, match="cannot be read"):
        read_all(run.path)


def test_lone_surrogates_become_question_marks(run):
    change(run, "run.json", labels=["no\ud800", "yes"])
    assert load_run(run.path).info["labels"] == ["no?", "yes"]


def test_a_column_that_is_announced_but_missing(run):
    pd.read_parquet(run.path / "samples.parquet").drop(columns="metadata_words").to_parquet(
        run.path / "samples.parquet"
    )
    with pytest.raises(ExplorerError, match=r"samples\.parquet has no column metadata_words"):
        read_all(run.path)


def test_out_of_sample_probabilities_that_are_no_parquet(run):
    (run.path / "out_of_sample.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(ExplorerError, match=r"out_of_sample\.parquet cannot be read"):
        read_all(run.path)


def test_vectors_of_other_rows(run):
    np.save(run.path / "latent.npy", np.zeros((3, 2)))
    with pytest.raises(ExplorerError, match=r"latent\.npy has 3 rows"):
        _ = load_run(run.path).latent


def test_what_may_be_missing():
    assert problem({}, {"a": Maybe(int)}) is None
    assert problem({"a": None}, {"a": Maybe(int)}) is None
    assert problem({}, {"a": int}) == "a"
    assert problem({"x": {"y": "z"}}, Every(Every(str))) is None
    assert problem({"model": {}, "counts": {}, "columns": {}, "latent": {}, "labels": None}, RUN) is None
