import numpy as np
import pandas as pd
import pytest

from IMDb.errors import UserError
from IMDb.models.robustness import (
    ROBUSTNESS_NAME,
    measured_robustness,
    read_robustness,
    robustness_section,
    robustness_table,
    write_robustness,
)
from leap_explorer.comparison.robustness import robustness
from leap_explorer.runs.run import Run

OTHER = {"negative": "positive", "positive": "negative"}


@pytest.fixture
def found(tmp_path):
    """100 reviews, ten of them wrong; a change turns five more; ten sentences made of nothing."""
    truth = pd.Series(["negative", "positive"] * 50)
    said = truth.where(np.arange(100) >= 10, truth.map(OTHER))
    base = pd.DataFrame({"id": [f"r{row}" for row in range(100)], "subset": "validation", "ground_truth": truth,
                         "prediction": said, "loss": 0.5, "error": None})  # fmt: skip
    changed = base.assign(id=base["id"] + "~typos:rate=0.1", subset="additional")
    changed.loc[10:14, "prediction"] = truth.map(OTHER)[10:15]
    made = base.head(10).assign(id=[f"#{row}~minimal_pairs" for row in range(10)], subset="additional")
    samples = pd.concat([base, changed, made], ignore_index=True).convert_dtypes()
    run = Run(tmp_path, {"columns": {}, "labels": ["negative", "positive"]})
    run.__dict__.update(samples=samples, words=None, insights=[])
    return measured_robustness(run, robustness(run))


def test_what_is_measured(found):
    assert (found["n"], found["subset"], found["as_written"]["value"]) == (100, "validation", 0.9)
    typos = found["changes"]["typos:rate=0.1"]
    assert (typos["n"], typos["flips"], typos["accuracy"]["value"]) == (100, 5, pytest.approx(0.85))
    assert typos["more_errors"]["value"] == pytest.approx(0.05)
    assert typos["more_errors"]["p"] == pytest.approx(2 * 0.5**5)
    assert found["changes"]["minimal_pairs"]["more_errors"] is None


def test_each_model_has_its_place_in_the_file(found, tmp_path):
    assert read_robustness(tmp_path) == {}
    write_robustness(tmp_path, "dense", "a", found)
    write_robustness(tmp_path, "bert", "b", found)
    write_robustness(tmp_path, "dense", "c", found)
    assert {name: one["sha256"] for name, one in read_robustness(tmp_path).items()} == {"dense": "c", "bert": "b"}


@pytest.mark.parametrize("content", ["", "[]", '{"dense": {}}', '{"dense": 1}'])
def test_damaged(tmp_path, content):
    (tmp_path / ROBUSTNESS_NAME).write_text(content)
    with pytest.raises(UserError, match=r"robustness\.json is damaged"):
        read_robustness(tmp_path)


def test_models_beside_each_other(found):
    rows = robustness_table({"dense": found, "bert": found}).splitlines()
    assert rows[0] == "| change | dense: accuracy | dense: more errors | BERT: accuracy | BERT: more errors |"
    assert rows[2].startswith("| as written | 90.0 % (82.6-94.5) |")
    assert rows[3].startswith("| `typos:rate=0.1` | 85.0 % (76.7-90.7) | +5.0 % (")
    assert len(rows) == 5
    section = robustness_section({"dense": found})
    assert "`imdb robustness --model dense --n 100`" in section
    assert "100 validation reviews" in section
