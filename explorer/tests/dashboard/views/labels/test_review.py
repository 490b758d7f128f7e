"""Verdicts on doubtful labels: which are kept, for whom they hold, and what is exported."""

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.state import State
from leap_explorer.dashboard.views.labels import review as review
from leap_explorer.dashboard.views.labels.ranked_list import current, kind_of
from leap_explorer.errors import ExplorerError
from leap_explorer.insights import label_issues
from leap_explorer.insights.rows import NotApplicable
from leap_explorer.runs.run import Run

LABELS = ["negative", "positive"]


def _samples(positive, truth, subset=None, hashes=None):
    """Samples with the model's probability of `positive` and the label as the data have it, 0 or 1."""
    positive, truth = np.asarray(positive, dtype=np.float64), np.asarray(truth)
    n = len(truth)
    return pd.DataFrame(
        {
            "id": pd.array([f"s{number}" for number in range(n)], dtype="string"),
            "subset": pd.array(subset or ["validation"] * n, dtype="string"),
            "ground_truth": pd.array(np.array(LABELS)[truth], dtype="string"),
            "prediction": pd.array(np.array(LABELS)[(positive > 0.5).astype(int)], dtype="string"),
            "probability_negative": 1 - positive,
            "probability_positive": positive,
            "loss": 0.1,
            "input_hash": pd.array(hashes if hashes is not None else range(100, 100 + n), dtype="UInt64"),
            "error": pd.array([None] * n, dtype="string"),
        }
    )


def _data(samples, name="run", folder="nowhere"):
    run = Run(Path(folder), {"columns": {}, "labels": LABELS})
    run.__dict__["samples"] = samples
    return RunData(run, name)


#: s0 and s5 are confidently of the other label, s2 could be either.
POSITIVE = [0.95, 0.1, 0.45, 0.05, 0.9, 0.02, 0.92, 0.9]
TRUTH = [0, 0, 0, 0, 1, 1, 1, 1]


@pytest.fixture
def data():
    return _data(_samples(POSITIVE, TRUTH))


def test_the_ranking_is_that_of_label_issues_by_key(data):
    found = review.ranking(data)
    assert list(found.index) == ["validation/s5", "validation/s0", "validation/s2"]
    assert found["kind"].tolist() == ["flip", "flip", "ambiguous"]
    assert found["row"].tolist() == [5, 0, 2]
    assert found["rank"].tolist() == [1, 2, 1]  # within the kind
    assert found["quality"].tolist() == label_issues(data.run.samples)["quality"].tolist()


def test_a_run_of_no_classifier_has_no_ranking():
    samples = _samples(POSITIVE, TRUTH).drop(columns=["probability_negative", "probability_positive"])
    with pytest.raises(NotApplicable):
        review.ranking(_data(samples))


def test_training_samples_are_judged_with_out_of_sample_probabilities_alone():
    samples = _samples(POSITIVE, TRUTH, subset=["training"] * 4 + ["validation"] * 4)
    without_table, with_table = _data(samples), _data(samples)
    table = samples[["id", "probability_negative", "probability_positive"]].iloc[:3]
    with_table.run.__dict__["out_of_sample"] = table
    assert review.training_left_out(without_table) == 4
    assert review.training_left_out(with_table) == 1  # the table lacks s3
    assert "training/s2" not in review.ranking(without_table).index
    assert review.ranking(with_table).loc["training/s2", "quality"] == pytest.approx(0.55)
    said = review.said(with_table)
    assert said.names == ["run", "run, cross-validated"]
    assert said.who_judges(with_table.rows["training/s2"]) == ["run, cross-validated"]
    assert said.who_judges(with_table.rows["training/s3"]) == []  # not in the table
    assert said.who_judges(with_table.rows["validation/s5"]) == ["run"]


class TestSeveralModels:
    """A second model, open beside the first, that doubts s1 and believes s0."""

    @pytest.fixture
    def both(self):
        doubts = [0.05, 0.97, 0.45, 0.05, 0.9, 0.02, 0.92, 0.9]
        first, second = (
            _data(_samples(one, TRUTH, hashes=range(i, i + 8))) for i, one in ((0, POSITIVE), (50, doubts))
        )
        return tuple(
            RunData(own.run, name, ((other_name, other.run),))
            for own, name, other, other_name in ((first, "a", second, "b"), (second, "b", first, "a"))
        )

    def test_the_mean_of_both_judges(self, both):
        for data in both:
            found = review.ranking(data)
            assert found[found["kind"] == "flip"].index.tolist() == ["validation/s5"]
            assert found.loc["validation/s5", ["judges", "agree"]].tolist() == [2, 2]
            assert found.loc["validation/s0", ["judges", "agree"]].tolist() == [2, 1]
            assert found.loc["validation/s0", "quality"] == pytest.approx(0.5)
            assert review.has_several_judges(data)

    def test_one_alone_can_be_asked(self, both, data):
        alone = review.ranking(both[0], alone=True)
        pd.testing.assert_frame_equal(alone, review.ranking(data))
        assert not review.has_several_judges(data)

    def test_a_verdict_holds_for_the_other_model_too(self, both, tmp_path):
        first, second = both
        review.decide(tmp_path, first, {"validation/s5": "flip"})
        assert review.read_decisions(tmp_path, second)["validation/s5"]["verdict"] == "flip"
        review.decide(tmp_path, second, {"validation/s5": "fine"})
        for data in both:
            assert review.read_decisions(tmp_path, data)["validation/s5"]["verdict"] == "fine"
        review.decide(tmp_path, first, {"validation/s5": None})
        assert review.read_decisions(tmp_path, second) == {}


def test_verdicts_are_kept_changed_and_taken_back(data, tmp_path):
    folder = tmp_path / "new" / "state"
    assert review.read_decisions(folder, data) == {}
    review.decide(folder, data, {"validation/s0": "flip", "validation/s2": "ambiguous"})
    review.decide(folder, data, {"validation/s5": "fine"})
    kept = review.read_decisions(folder, data)
    assert {key: (one["verdict"], one["label"]) for key, one in kept.items()} == {
        "validation/s0": ("flip", "positive"),
        "validation/s2": ("ambiguous", None),
        "validation/s5": ("fine", "positive"),
    }
    review.decide(folder, data, {"validation/s0": "fine", "validation/s2": None})
    kept = review.read_decisions(folder, data)
    assert {key: (one["verdict"], one["label"]) for key, one in kept.items()} == {
        "validation/s0": ("fine", "negative"),
        "validation/s5": ("fine", "positive"),
    }


def test_the_same_verdict_again_changes_nothing(data, tmp_path):
    review.decide(tmp_path, data, {"validation/s0": "flip"})
    before = (tmp_path / review.FILE).read_bytes()
    review.decide(tmp_path, data, {"validation/s0": "flip"})
    assert (tmp_path / review.FILE).read_bytes() == before


def test_decisions_come_in_the_order_in_which_they_were_made(data, tmp_path):
    review.decide(tmp_path, data, {"validation/s2": "fine"})
    review.decide(tmp_path, data, {"validation/s5": "fine", "validation/s0": "fine"})
    assert list(review.read_decisions(tmp_path, data)) == ["validation/s2", "validation/s5", "validation/s0"]
    review.decide(tmp_path, data, {"validation/s2": "flip", "validation/s5": "fine"})
    assert list(review.read_decisions(tmp_path, data)) == ["validation/s5", "validation/s0", "validation/s2"]


def test_what_is_not_in_the_ranking_is_passed_over(data, tmp_path):
    review.decide(tmp_path, data, {"validation/s1": "flip", "validation/none": "flip"})
    assert review.read_decisions(tmp_path, data) == {}


def test_an_unknown_verdict_is_refused(data, tmp_path):
    with pytest.raises(ValueError, match="burn"):
        review.decide(tmp_path, data, {"validation/s0": "burn"})
    assert not (tmp_path / review.FILE).exists()


def test_a_verdict_holds_for_another_run_of_the_same_samples(data, tmp_path):
    review.decide(tmp_path, data, {"validation/s0": "flip"})
    other = _data(_samples([0.5] * 8, TRUTH), "other", "elsewhere")
    assert list(review.read_decisions(tmp_path, other)) == ["validation/s0"]


def test_a_verdict_ends_with_the_words_or_the_label_that_it_was_about(data, tmp_path):
    review.decide(tmp_path, data, {"validation/s0": "flip"})
    other_words = _data(_samples(POSITIVE, TRUTH, hashes=range(200, 208)))
    assert review.read_decisions(tmp_path, other_words) == {}
    corrected = _data(_samples(POSITIVE, [1, *TRUTH[1:]]))
    assert review.read_decisions(tmp_path, corrected) == {}


def test_a_run_without_hashes_goes_by_id(tmp_path):
    data = _data(_samples(POSITIVE, TRUTH).drop(columns="input_hash"))
    review.decide(tmp_path, data, {"validation/s0": "flip"})
    assert set(json.loads((tmp_path / review.FILE).read_text(encoding="utf-8"))) == {"s0"}


@pytest.mark.parametrize("content", ["[]", "{", "\xff"])
def test_a_broken_file_is_named_and_left_as_it_is(data, tmp_path, content):
    path = tmp_path / review.FILE
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(ExplorerError, match=review.FILE):
        review.read_decisions(tmp_path, data)
    with pytest.raises(ExplorerError, match=review.FILE):
        review.decide(tmp_path, data, {"validation/s0": "flip"})
    assert path.read_bytes() == content.encode("latin-1")


def test_a_folder_that_cannot_be_written_is_named(data, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ExplorerError, match="file"):
        review.decide(tmp_path / "file", data, {"validation/s0": "flip"})


def test_decisions_as_csv(data, tmp_path):
    assert review.decisions_csv(data, {}).strip() == "id,subset,given,suggested,verdict,label,decided"
    review.decide(tmp_path, data, {"validation/s0": "flip", "validation/s2": "ambiguous"})
    text = review.decisions_csv(data, review.read_decisions(tmp_path, data))
    table = pd.read_csv(io.StringIO(text), keep_default_na=False).sort_values("id")
    assert table.drop(columns="decided").to_numpy().tolist() == [
        ["s0", "validation", "negative", "positive", "flip", "positive"],
        ["s2", "validation", "negative", "positive", "ambiguous", ""],
    ]


def test_the_review_begins_with_the_first_without_a_verdict(data):
    shown = review.ranking(data)
    assert current(shown, State(), {}) == "validation/s5"
    assert current(shown, State(), {"validation/s5": {}}) == "validation/s0"
    assert current(shown, State(), {key: {} for key in shown.index}) == "validation/s5"
    assert current(shown, State(extra=(("labels.at", "validation/s2"),)), {}) == "validation/s2"
    assert current(shown, State(extra=(("labels.at", "validation/gone"),)), {}) == "validation/s5"
    assert current(shown.iloc[:0], State(), {}) is None


@pytest.mark.parametrize(("named", "kind"), [(None, "flip"), ("ambiguous", "ambiguous"), ("all", "flip")])
def test_the_likely_ones_are_listed_unless_the_address_names_the_other_set(named, kind):
    assert kind_of(State(extra=(("labels.kind", named),) if named else ())) == kind
