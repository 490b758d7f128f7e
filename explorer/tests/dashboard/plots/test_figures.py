"""What the overview's tables and figures hold, which a report of a run shares."""

from pathlib import Path

import numpy as np
import pytest

from dashboard_data import made_data, made_frame
from leap_explorer.dashboard.plots.calibration import (
    Bin,
    confidence_and_right,
    lowest_shown,
    reliability,
    reliability_figure,
)
from leap_explorer.dashboard.plots.confusion import cell_conditions, confusion, most_mixed_up, of_subsets
from leap_explorer.dashboard.plots.training_curves import epoch_ticks, training_epochs, training_figure
from leap_explorer.dashboard.scope import ALL, HELD_OUT, chosen_rows
from leap_explorer.dashboard.state import RunCondition, with_conditions
from leap_explorer.dashboard.views.overview.scores import (
    LOSS,
    choice_of,
    choices,
    run_colors,
    score_figure,
    score_names,
    score_rows,
)
from leap_explorer.insights.filters import Condition
from leap_explorer.runs.figures import ACCURACY, ERROR, EXPLAINED
from leap_explorer.runs.run import Run


class TestChosenRows:
    @pytest.mark.parametrize(
        ("subset", "rows"), [("training", [0, 1]), (HELD_OUT, [4]), (ALL, [0, 1, 2, 3, 4]), ("nowhere", [])]
    )
    def test_of_a_subset(self, subset, rows):
        assert np.flatnonzero(chosen_rows(made_data(), subset)).tolist() == rows

    def test_held_out_is_all_where_nothing_is(self):
        assert chosen_rows(made_data(made_frame().assign(subset="training")), HELD_OUT).all()


class TestChoices:
    def test_no_two_are_of_the_same_samples(self):
        runs = [made_data()]  # of training and test
        assert choices(runs) == [HELD_OUT, "training", ALL]
        assert choice_of(runs, "test") == HELD_OUT
        assert choice_of(runs, "training") == "training"
        several = made_frame().assign(subset=["training", "training", "test", "validation", "test"])
        assert choices([made_data(several)]) == [HELD_OUT, "training", "test", "validation", ALL]

    @pytest.mark.parametrize("subset", ["training", "validation"])
    def test_a_single_subset(self, subset):
        runs = [made_data(made_frame().assign(subset=subset))]
        assert choices(runs) == [HELD_OUT]
        assert choice_of(runs, ALL) == choice_of(runs, subset) == HELD_OUT


class TestScores:
    def test_a_row_each_subset_and_run(self):
        rows = score_rows([made_data(name="a"), made_data(name="b")])
        assert [(row.subset, row.run) for row in rows] == [
            ("training", "a"),
            ("training", "b"),
            ("test", "a"),
            ("test", "b"),
        ]
        training, test = rows[0], rows[2]
        assert (training.count, training.failed, training.estimates[ACCURACY].value) == (2, 0, 0.5)
        assert training.estimates[LOSS].value == pytest.approx(0.5)
        assert (test.count, test.failed, test.estimates[ACCURACY].value) == (3, 1, 1.0)

    def test_masks_choose_what_counts(self):
        data = made_data()
        (training, test) = score_rows([data], {data.name: np.array([True, False, False, False, False])})
        assert (training.count, training.estimates[ACCURACY].value) == (1, 1.0)
        assert (test.count, test.estimates) == (0, {})

    def test_a_regression_has_no_accuracy(self):
        frame = made_frame().assign(ground_truth=[1.0, 2.0, 3.0, 4.0, 5.0], prediction=1.0)
        (training, _test) = score_rows([made_data(frame, labels=())])
        assert score_names([training]) == [ERROR, EXPLAINED, LOSS]
        assert training.estimates[ERROR].value == 0.5  # 0 and 1
        assert training.estimates[LOSS].value == pytest.approx(0.5)

    def test_figure_draws_each_interval(self):
        runs = [made_data(name="a"), made_data(name="b")]
        rows = score_rows(runs)
        figure = score_figure(rows, run_colors(runs, False), False)
        assert [trace["name"] for trace in figure["data"]] == ["a", "b"] * 3
        accuracy = figure["data"][0]
        found = [row.estimates[ACCURACY] for row in (rows[0], rows[2])]
        assert accuracy["x"] == [0.5, 1.0]
        assert accuracy["error_x"]["array"] == [one.high - one.value for one in found]
        assert figure["layout"]["yaxis"]["ticktext"] == ["training", "test"]


class TestConfusion:
    def test_counts_by_label(self):
        data = made_data()
        assert confusion(data, chosen_rows(data, ALL)).tolist() == [[1, 1], [0, 1]]  # "no" of d4 has no prediction
        assert confusion(data, chosen_rows(data, "test")).tolist() == [[1, 0], [0, 0]]

    def test_cell_replaces_what_was_asked_of_its_columns_and_keeps_the_rest(self):
        words, cluster = Condition("metadata_words", ">", 3), RunCondition("cluster", "==", 1, "other")
        said = RunCondition("prediction", "==", "yes", "other")
        current = (Condition("ground_truth", "in", ("no", "yes")), words, cluster, said)
        cell = (Condition("ground_truth", "==", "yes"), Condition("prediction", "==", "no"))
        assert with_conditions(current, cell_conditions("yes", "no")) == (words, cluster, said, *cell)
        assert of_subsets([]) == ()
        assert of_subsets(["test"]) == (Condition("subset", "==", "test"),)
        assert of_subsets(["a", "b"]) == (Condition("subset", "in", ("a", "b")),)


class TestReliability:
    def test_figure_holds_the_bins(self):
        data = made_data()
        confidence, right = confidence_and_right(data, chosen_rows(data, ALL))
        assert right.tolist() == [1.0, 0.0, 1.0]
        bins = reliability(confidence, right)
        dots = reliability_figure(bins, 0.0, False)["data"][1]
        assert dots["x"] == [one.confidence for one in bins]
        assert dots["y"] == [one.accuracy for one in bins]

    def test_axes_begin_below_all_bins(self):
        low, high = Bin(3, 0.6, 0.5, 0.4, 0.7, 0.5, 0.7), Bin(3, 0.9, 0.9, 0.8, 1.0, 0.9, 1.0)
        lowest = lowest_shown([low, high])
        assert lowest == pytest.approx(0.37)
        for bins in ([low], [high]):
            layout = reliability_figure(bins, lowest, False)["layout"]
            assert layout["xaxis"]["range"] == layout["yaxis"]["range"]
            assert layout["xaxis"]["range"][0] < lowest

    def test_a_regression_has_no_confidence(self):
        frame = made_frame().assign(ground_truth=1.0, prediction=1.0)
        data = made_data(frame, labels=())
        assert len(confidence_and_right(data, chosen_rows(data, ALL))[0]) == 0


class TestTraining:
    EPOCHS = ({"epoch": 1, "training_loss": 0.9, "validation_loss": 1.0}, {"epoch": 2, "training_loss": 0.5})

    def test_figure_marks_the_epoch_of_the_model(self):
        run = Run(Path("run"), {"history": {"epochs": list(self.EPOCHS), "shipped_epoch": 2}})
        epochs, shipped = training_epochs(run)
        figure = training_figure(epochs, shipped, False)
        assert [trace["y"] for trace in figure["data"]] == [[0.9, 0.5], [1.0]]
        assert [shape["x0"] for shape in figure["layout"]["shapes"]] == [2]

    @pytest.mark.parametrize(("count", "step"), [(1, 1), (3, 1), (8, 1), (9, 2), (30, 4)])
    def test_ticks_are_whole_epochs_and_not_many(self, count, step):
        ticks = epoch_ticks([{"epoch": number} for number in range(1, count + 1)])
        assert (ticks["tick0"], ticks["dtick"]) == (1, step)

    def test_without_a_history(self):
        assert training_epochs(Run(Path("run"), {})) == ([], None)


def test_most_mixed_up():
    counts = np.array([[9, 2, 0], [3, 9, 1], [0, 3, 9]])
    assert most_mixed_up(counts, 3) == [(1, 0), (2, 1), (0, 1)]
    assert most_mixed_up(counts, 9) == [(1, 0), (2, 1), (0, 1), (1, 2)]
    assert most_mixed_up(np.eye(3, dtype=int), 3) == []
