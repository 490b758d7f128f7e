"""A sample's place among the others, and what a model is asked about its text."""

import json

import numpy as np
import pandas as pd
import pytest

from leap_explorer.dashboard.context import make_context
from leap_explorer.dashboard.state import State
from leap_explorer.dashboard.views.sample import reading as reading
from leap_explorer.errors import ExplorerError
from leap_explorer.explain.reader import Explanation
from leap_explorer.insights.filters import Condition
from leap_explorer.insights.insight import Insight
from leap_explorer.runs.run import load_run

LABELS = ["negative", "positive"]
ROLES = {
    "id": "id",
    "subset": "subset",
    "ground_truth": "ground_truth",
    "prediction": "prediction",
    "probability_negative": "probability",
    "probability_positive": "probability",
    "loss": "loss",
    "error": "error",
}


def an_insight(name, *conditions):
    return Insight(name, "mislabeled", name, 0.5, 1, 5, {}, conditions).to_dict()


@pytest.fixture
def data(tmp_path):
    """Five samples; `c` failed, `e` is not labelled."""
    samples = pd.DataFrame(
        {
            "id": list("abcde"),
            "subset": ["training", "training", "validation", "validation", "validation"],
            "ground_truth": ["positive", "negative", "positive", "negative", None],
            "prediction": ["positive", "positive", None, "positive", "negative"],
            "probability_negative": np.array([0.25, 0.25, np.nan, 0.25, 0.75], dtype=np.float32),
            "probability_positive": np.array([0.75, 0.75, np.nan, 0.75, 0.25], dtype=np.float32),
            "loss": np.array([0.3, 2.0, np.nan, 1.0, np.nan], dtype=np.float32),
            "error": [None, None, "broken", None, None],
        }
    )
    samples.to_parquet(tmp_path / "samples.parquet")
    np.save(tmp_path / "latent.npy", np.eye(5, dtype=np.float32))
    kind = {"direction": None, "type": "string", "computes_insights": False, "description": ""}
    columns = {name: {**kind, "role": role} for name, role in ROLES.items()}
    info = {"name": "small", "labels": LABELS, "columns": columns, "counts": {}, "model": {}, "latent": {}}
    insights = [
        an_insight("training", Condition("subset", "==", "training")),
        an_insight("of-b", Condition("id", "==", "b")),
        an_insight("of-another-run", Condition("metadata_nowhere", "==", 1)),
    ]
    for name, value in {
        "run.json": info,
        "population.json": {"clusters": []},
        "insights.json": {"insights": insights, "skipped": {}},
    }.items():
        (tmp_path / name).write_text(json.dumps(value), encoding="utf-8")
    (found,) = make_context([load_run(tmp_path)], Texts(), tmp_path).data.values()
    return found


class Texts:
    def text(self, sample_id):
        return None if sample_id == "d" else f"{sample_id}<br />\r\nnext"

    def label_csv(self, decisions):
        raise AssertionError("Nobody asks for labels here.")


@pytest.fixture
def context(data, tmp_path):
    return make_context([data.run], Texts(), tmp_path)


ALL = np.ones(5, dtype=bool)


def test_the_order_is_that_of_the_loss_with_unknown_ones_last(data):
    assert reading.by_loss(data, ALL).tolist() == [1, 3, 0, 2, 4]
    assert reading.by_loss(data, np.array([True, False, True, True, False])).tolist() == [3, 0, 2]


def test_held_out_samples_come_before_others(data):
    assert reading.highest_losses(data, ALL, 9).tolist() == [3]
    assert reading.highest_losses(data, np.array([True, True, False, False, False]), 1).tolist() == [1]
    assert reading.highest_losses(data, np.array([False, False, True, False, True]), 9).tolist() == []


def test_a_place_has_neighbours(data):
    order = reading.by_loss(data, ALL)
    assert reading.place_in(data, order, 1) == reading.Place(1, 5, None, "validation/d")
    assert reading.place_in(data, order, 3) == reading.Place(2, 5, "training/b", "training/a")
    assert reading.place_in(data, order, 4) == reading.Place(5, 5, "validation/c", None)


def test_a_sample_outside_of_the_order_leads_to_its_first(data):
    assert reading.place_in(data, np.array([3, 0]), 1) == reading.Place(None, 2, None, "validation/d")
    assert reading.place_in(data, np.array([], dtype=int), 1) == reading.Place(None, 0, None, None)


def test_insights_hold_the_samples_of_their_filter(data):
    assert [one.id for one in reading.insights_with(data, 0)] == ["training"]
    assert [one.id for one in reading.insights_with(data, 1)] == ["training", "of-b"]
    assert reading.insights_with(data, 3) == []


def test_line_ends_are_no_edit(context):
    original = "a<br />\r\nnext"
    assert reading.reading_of(context, "training/a", None) == reading.Reading("training/a", original, False)
    assert reading.reading_of(context, "training/a", "a\n\nnext") == reading.Reading("training/a", original, False)
    assert reading.reading_of(context, "training/a", "A\n\nnext") == reading.Reading("training/a", "A\n\nnext", True)


def test_a_text_may_come_without_a_sample(context):
    assert reading.reading_of(context, "", None) is None
    assert reading.reading_of(context, "", "new") == reading.Reading("", "new", True)
    assert reading.reading_of(context, "validation/d", None) is None
    assert reading.reading_of(context, "validation/d", "new") == reading.Reading("validation/d", "new", True)


def test_probabilities_are_those_of_evaluated_samples(data):
    assert reading.probabilities_of(data, "training/a") == {"negative": 0.25, "positive": 0.75}
    assert reading.probabilities_of(data, "validation/c") == {}
    assert reading.probabilities_of(data, "nowhere/a") == {}


class Asked:
    """Explains, and remembers what it was asked."""

    def __init__(self):
        self.targets = []

    def __call__(self, run, text, target):
        self.targets.append(target)
        return Explanation({}, target, (), "made up", {}, None, None)


def target_of(context, key="training/a", is_edited=False, **extra):
    state = State(extra=tuple(extra.items()))
    return reading.target_of(context, state, reading.Reading(key, "some text", is_edited))


@pytest.mark.parametrize("wanted", ["", *LABELS, "elsewhere"])
@pytest.mark.parametrize("is_edited", [False, True])
@pytest.mark.parametrize("key", ["training/a", "training/b", "validation/e", ""])
def test_of_two_labels_the_second_is_explained_whatever_is_predicted(context, key, is_edited, wanted):
    assert target_of(context, key, is_edited, **{reading.TARGET: wanted}) == ("positive", None)


@pytest.mark.parametrize(
    ("key", "wanted", "expected"),
    [
        ("training/b", "", "negative"),  # the ground truth
        ("validation/e", "", "negative"),  # the prediction, without a ground truth
        ("", "", "unsure"),  # the first label
        ("training/b", "positive", "positive"),
    ],
)
@pytest.mark.parametrize("is_edited", [False, True])
def test_of_more_labels_the_samples_own_or_a_chosen_one(context, data, key, is_edited, wanted, expected):
    data.run.info["labels"] = ["unsure", *LABELS]
    assert target_of(context, key, is_edited, **{reading.TARGET: wanted}) == (expected, None)


def test_the_loss_is_explained_where_there_is_a_label(context):
    assert target_of(context, **{reading.TARGET: reading.LOSS}) == (reading.LOSS, None)


@pytest.mark.parametrize(("key", "is_edited"), [("training/a", True), ("validation/e", False), ("", True)])
def test_there_is_no_loss_without_a_label(context, key, is_edited):
    target, note = target_of(context, key, is_edited, **{reading.TARGET: reading.LOSS})
    assert target == "positive"
    assert "needs a label" in note


def test_a_regression_has_its_loss_alone(context, data):
    data.run.info["labels"] = []
    assert target_of(context) == (reading.LOSS, None)


def test_a_model_is_asked_for_the_target(data):
    asked = Asked()
    assert reading.explained(asked, data, reading.Reading("", "a", True), "negative").target == "negative"
    assert asked.targets == ["negative"]


def test_a_model_without_the_label_is_not_asked(data):
    asked = Asked()
    with pytest.raises(ExplorerError, match="no label cat; it has negative, positive"):
        reading.explained(asked, data, reading.Reading("", "a", True), "cat")
    assert asked.targets == []
