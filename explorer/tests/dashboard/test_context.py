from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dashboard_data import made_context, made_data, made_frame
from leap_explorer.dashboard.app import made_condition
from leap_explorer.dashboard.context import make_context
from leap_explorer.dashboard.parts.sample_table import sorted_rows
from leap_explorer.dashboard.plots.calibration import calibration_error, reliability
from leap_explorer.dashboard.plots.color_encoding import dot_diameters, encode_colors, size_levels
from leap_explorer.dashboard.run_data import MOST_CATEGORIES, OTHER, inside, same_samples
from leap_explorer.dashboard.server import claim_port
from leap_explorer.dashboard.state import RunCondition, Selection, State, with_condition
from leap_explorer.errors import ExplorerError
from leap_explorer.insights.distinctive_words import distinguishing_words
from leap_explorer.insights.filters import Condition
from leap_explorer.runs.run import Run


class Reader:
    def text(self, sample_id):
        return f"{'dull' if sample_id == 'b2' else 'great'} text of {sample_id}"

    def label_csv(self, decisions):
        raise AssertionError("Nobody asks for labels here.")


class TestRunData:
    def test_correctness(self):
        values = made_data().frame["correctness"].tolist()
        assert values[:2] == ["correct", "wrong"]
        assert pd.isna(values[2]) and pd.isna(values[3])  # noqa: PT018, both have no judgement
        assert values[4] == "correct"

    def test_a_regression_has_none(self):
        frame = made_frame().assign(ground_truth=[1.0, 2.0, 3.0, 4.0, 5.0], prediction=1.0)
        data = made_data(frame, labels=())
        assert "correctness" not in data.columns
        assert data.labels == []
        assert data.kind("ground_truth") == "number"

    def test_keys_name_a_sample_within_its_subset(self):
        data = made_data()
        assert data.keys == ["training/a1", "training/b2", "test/c3", "test/d4", "test/a1"]
        assert data.rows["test/a1"] == 4

    def test_menus_offer_what_has_values(self):
        data = made_data()
        assert data.numeric_columns == ["loss", "probability_no", "metadata_words"]
        assert data.category_columns == [
            "ground_truth",
            "prediction",
            "correctness",
            "subset",
            "cluster",
            "metadata_flag",
            "metadata_name",
        ]

    def test_numbers_are_nan_where_unknown_and_cannot_be_changed(self):
        values = made_data().numbers("metadata_words")
        assert values[[0, 1, 2, 4]].tolist() == [5, 7, 7, 9]
        assert np.isnan(values[3])
        with pytest.raises(ValueError, match="read-only"):
            values[0] = 1

    def test_labels_keep_the_models_order(self):
        categories = made_data().categories("ground_truth")
        assert categories.names == ["yes", "no"]
        assert categories.codes.tolist() == [1, 0, -1, 1, 0]

    def test_other_texts_the_most_frequent_first(self):
        categories = made_data().categories("metadata_name")
        assert categories.names == ["y", "x"]
        assert categories.codes.tolist() == [1, 0, 0, -1, 0]

    def test_texts_that_are_not_known_in_a_column_of_objects(self):
        categories = made_data(made_frame().assign(metadata_name=[None] * 5)).categories("metadata_name")
        assert categories.names == []
        assert categories.codes.tolist() == [-1] * 5

    def test_booleans(self):
        categories = made_data().categories("metadata_flag")
        assert categories.names == ["false", "true"]
        assert categories.values == [False, True]
        assert categories.codes.tolist() == [1, 0, -1, 1, 1]

    def test_clusters_have_their_names(self):
        data = made_data(clusters=[{"cluster": 0, "name": "bad, dull"}, {"cluster": 1, "name": ""}])
        assert data.categories("cluster").names == ["0: bad, dull", "1"]

    def test_many_values_share_one_category(self):
        frame = made_frame()
        frame = pd.concat([frame] * 4, ignore_index=True).assign(metadata_name=[f"n{row:02d}" for row in range(20)])
        categories = made_data(frame).categories("metadata_name")
        assert len(categories.names) == MOST_CATEGORIES + 1
        assert categories.names[-1] == OTHER
        assert categories.values[-1] is None
        assert (categories.codes == MOST_CATEGORIES).sum() == 20 - MOST_CATEGORIES

    def test_conditions_on_columns_that_are_not_there_are_left_out(self):
        data = made_data()
        known, unknown = Condition("subset", "==", "test"), Condition("metric_of_another_run", ">", 1)
        assert data.split_filter((known, unknown)) == ((known,), (unknown,))
        assert data.meets((known, unknown)).tolist() == [False, False, True, True, True]


class TestContext:
    def test_no_run(self):
        with pytest.raises(ExplorerError, match="no run to explore"):
            make_context([], None, Path("state"))

    def test_runs_of_one_name_are_told_apart(self):
        runs = [Run(Path("one/dense"), {}), Run(Path("two/dense"), {}), Run(Path("bert"), {})]
        assert list(make_context(runs, None, Path("state")).data) == ["one/dense", "two/dense", "bert"]

    def test_an_unknown_run_is_the_first(self):
        assert made_context().active(State(run="gone")).name == "toy"

    @pytest.mark.parametrize(
        ("query", "expected"),
        [("", [0, 1, 2, 3, 4]), (" a1 ", [0, 4]), ("B2", [1]), ("dull", [1]), ("-dull", [0, 2, 3, 4]), ("nowhere", [])],
    )
    def test_query(self, query, expected):
        mask = made_context(reader=Reader()).filtered(State(query=query))
        assert np.flatnonzero(mask).tolist() == expected

    def test_a_query_that_cannot_be_understood_is_not_applied(self):
        context = made_context(reader=Reader())
        assert context.filtered(State(query='"dull')).all()
        assert "not closed" in context.problem_of('"dull')
        assert context.sought(State(query='"dull')).places("dull") == []
        assert context.problem_of("dull") is None

    def test_query_without_a_reader_is_of_ids(self):
        assert not made_context().filtered(State(query="dull")).any()

    def test_highlighted_meets_all(self):
        square = Selection("map", ((0.5, -1), (5, -1), (5, 2), (0.5, 2)))
        state = State(filter=(Condition("subset", "==", "test"),), query="a1", selection=square)
        assert np.flatnonzero(made_context().highlighted(state)).tolist() == [4]
        assert np.flatnonzero(made_context().highlighted(State(selection=square))).tolist() == [1, 2, 4]

    def test_same_samples_in_another_order(self):
        first, second = made_data(), made_data(made_frame().iloc[[4, 0, 2]].reset_index(drop=True))
        mask = np.array([True, True, False, False, True])
        assert same_samples(mask, first, second).tolist() == [True, True, False]
        assert same_samples(mask, first, first) is mask


def two_runs():
    """Runs of the same samples, the second in another order; they disagree on `b2`, and only metadata are alike."""
    frame = made_frame().iloc[[4, 3, 2, 1, 0]].reset_index(drop=True)
    frame = frame.assign(prediction=pd.array(["yes", None, "yes", "yes", "no"], dtype="string"))
    frame = frame.assign(map_x=pd.array([0.0, None, 0.0, 9.0, 9.0], dtype="Float32"))
    return made_context(made_data(name="first"), made_data(frame, name="second"))


class TestConditionsOfARun:
    SAYS_YES = State(filter=(Condition("prediction", "==", "yes"),))

    def keys(self, context, state):
        data = context.active(state)
        return {data.keys[row] for row in np.flatnonzero(context.highlighted(state))}

    def test_columns_that_say_something_else_in_each_run(self):
        found = two_runs().model_columns
        assert {"prediction", "correctness", "loss", "cluster", "map_x", "probability_no"} <= found
        assert not found & {"id", "subset", "ground_truth", "metadata_words", "metadata_name", "metadata_flag"}

    def test_metadata_that_differ_belong_to_their_run(self):
        other = made_data(made_frame().assign(metadata_words=pd.array([5, 7, 7, None, 8], dtype="Int64")), name="other")
        assert "metadata_words" in made_context(made_data(), other).model_columns

    def test_a_condition_means_its_own_run(self):
        context = two_runs()
        assert self.keys(context, self.SAYS_YES) == {"test/c3", "test/a1"}
        as_second = State(run="second", filter=self.SAYS_YES.filter)
        assert self.keys(context, as_second) == {"test/a1", "test/c3", "training/b2"}
        pinned = State(run="second", filter=(RunCondition("prediction", "==", "yes", "first"),))
        assert self.keys(context, pinned) == {"test/c3", "test/a1"}

    def test_a_filter_seen_from_another_run_chooses_the_same_samples(self):
        context = two_runs()
        first, second = context.data.values()
        filters = (*self.SAYS_YES.filter, Condition("subset", "==", "test"), Condition("cluster", "==", 0))
        state = State(filter=filters)
        there = State(run="second", filter=context.filter_for(state, second))
        assert there.filter[0] == RunCondition("prediction", "==", "yes", "first")
        assert there.filter[1] == filters[1]
        assert self.keys(context, there) == self.keys(context, state) == {"test/a1"}
        assert context.filter_for(there, first) == filters

    def test_an_area_is_that_of_the_map_on_which_it_was_drawn(self):
        context = two_runs()
        second = context.data["second"]
        area = Selection("map", ((0.5, -1), (5, -1), (5, 2), (0.5, 2)))
        state = State(selection=area)
        there = State(run="second", selection=context.selection_for(state, second))
        assert there.selection.run == "first"
        assert self.keys(context, there) == self.keys(context, state) == {"training/b2", "test/c3", "test/a1"}
        assert self.keys(context, State(run="second", selection=area)) == set()
        assert context.selection_for(there, context.data["first"]) == area

    def test_a_run_that_is_not_here_restricts_nothing(self):
        context = two_runs()
        condition = RunCondition("prediction", "==", "yes", "gone")
        state = State(filter=(condition,), selection=Selection("map", ((0, 0), (1, 0), (1, 1)), "gone"))
        assert context.highlighted(state).all()
        assert not context.fits(context.data["first"], condition)

    def test_the_run_is_named_where_it_matters(self):
        context = two_runs()
        assert context.run_named(Condition("prediction", "==", "yes"), State()) == "first"
        assert context.run_named(RunCondition("loss", ">", 1, "second"), State()) == "second"
        assert context.run_named(Condition("subset", "==", "test"), State()) == ""
        assert made_context().run_named(Condition("prediction", "==", "yes"), State()) == ""


class TestInside:
    def test_of_a_notched_shape(self):
        # A square of 4 whose right side is pushed in to x = 2 at half height
        shape = ((0.0, 0.0), (4.0, 0.0), (2.0, 2.0), (4.0, 4.0), (0.0, 4.0))
        x, y = np.array([1.0, 3.0, 3.5, 3.0, -1.0, np.nan]), np.array([2.0, 2.0, 0.2, 3.9, 2.0, 2.0])
        assert inside(shape, x, y).tolist() == [True, False, True, True, False, False]


class TestFilterPanel:
    def test_conditions(self):
        data = made_data()
        assert made_condition(data, "ground_truth", ["0"], None, None) == Condition("ground_truth", "==", "yes")
        assert made_condition(data, "subset", ["0", "1"], None, None) == Condition("subset", "in", ("training", "test"))
        assert made_condition(data, "metadata_flag", ["1"], None, None) == Condition("metadata_flag", "==", True)
        assert made_condition(data, "loss", [], 2, 1) == Condition("loss", "between", (1, 2))
        assert made_condition(data, "loss", [], 0, None) == Condition("loss", ">=", 0)
        assert made_condition(data, "loss", [], None, 1) == Condition("loss", "<=", 1)
        assert made_condition(data, "loss", [], None, None) is None
        assert made_condition(data, "subset", [], None, None) is None

    def test_a_columns_condition_is_replaced(self):
        old = (Condition("loss", ">", 1), Condition("subset", "==", "test"))
        assert with_condition(old, Condition("loss", "<", 3)) == (old[1], Condition("loss", "<", 3))


class TestColorEncoding:
    def test_categories(self):
        encoding = encode_colors(made_data(), "ground_truth", is_dark=False)
        assert encoding.codes.tolist() == [2, 1, 0, 2, 1]
        assert [name for _, name, _ in encoding.entries] == ["yes", "no"]
        assert encoding.unknown == 1
        assert len(set(encoding.colors)) == 3

    def test_numbers(self):
        encoding = encode_colors(made_data(), "metadata_words", is_dark=True)
        assert encoding.codes.tolist() == [1, 128, 128, 0, 255]
        assert encoding.unknown == 1

    def test_numbers_on_both_sides_of_zero_have_zero_in_the_middle(self):
        frame = made_frame().assign(metadata_words=pd.array([-2.0, 0.0, 1.0, None, 1.0], dtype="Float32"))
        encoding = encode_colors(made_data(frame), "metadata_words", is_dark=False)
        assert encoding.range is not None
        assert encoding.range[0] == -encoding.range[1]
        assert encoding.codes[1] == 128

    def test_constant_and_unknown_columns(self):
        frame = made_frame().assign(metadata_words=pd.array([3] * 4 + [None], dtype="Int64"))
        codes = encode_colors(made_data(frame), "metadata_words", is_dark=False).codes
        assert len(set(codes[:4].tolist())) == 1
        assert codes[4] == 0
        assert encode_colors(made_data(), "metadata_empty", is_dark=False).codes.tolist() == [0] * 5

    def test_sizes_grow_with_the_value(self):
        found = size_levels(np.array([0.0, 1.0, 4.0, np.nan]))
        assert found[0] == found[3] == 0
        assert found[2] == 255
        assert 0 < found[1] < 255
        assert size_levels(np.full(3, 2.0)).tolist() == [0, 0, 0]

    def test_dots_of_a_crowd_are_smaller(self):
        assert dot_diameters(500) == [4, 7, 15]
        assert dot_diameters(25_000) == dot_diameters(100_000) == [3, 4, 7]
        assert 7 < dot_diameters(5_000)[2] < 15


class TestSortedRows:
    def test_unknown_values_come_last_and_ties_keep_their_order(self):
        data, every = made_data(), np.ones(5, dtype=bool)
        assert sorted_rows(data, every, [{"colId": "loss", "sort": "desc"}]).tolist() == [1, 0, 4, 2, 3]
        assert sorted_rows(data, every, [{"colId": "loss", "sort": "asc"}]).tolist() == [0, 4, 1, 2, 3]

    def test_by_two_columns(self):
        order = [{"colId": "subset", "sort": "asc"}, {"colId": "loss", "sort": "desc"}]
        assert sorted_rows(made_data(), np.ones(5, dtype=bool), order).tolist() == [4, 2, 3, 1, 0]

    def test_of_a_mask_and_unknown_columns(self):
        mask = np.array([False, True, False, True, True])
        assert sorted_rows(made_data(), mask, [{"colId": "gone", "sort": "asc"}]).tolist() == [1, 3, 4]


class TestCalibration:
    def test_by_hand(self):
        # Two bins of two: confidence 0.6 and half right, confidence 0.9 and all right: (0.1 + 0.1) / 2
        confidence, right = np.array([0.9, 0.6, 0.9, 0.6]), np.array([1.0, 0.0, 1.0, 1.0])
        found = calibration_error(confidence, right, bins=2)
        assert found is not None
        assert found.value == pytest.approx(0.1)
        assert found.low <= found.value <= found.high
        assert [(one.count, one.confidence, one.accuracy) for one in reliability(confidence, right, bins=2)] == [
            (2, pytest.approx(0.6), 0.5),
            (2, pytest.approx(0.9), 1.0),
        ]

    def test_no_samples_and_fewer_than_bins(self):
        assert calibration_error(np.empty(0), np.empty(0)) is None
        assert [one.count for one in reliability(np.array([0.7]), np.array([1.0]))] == [1]

    def test_interval_covers_the_truth_as_often_as_it_says(self):
        generator = np.random.default_rng(1)
        covered = 0
        for _ in range(60):
            confidence = generator.uniform(0.6, 0.9, 1_000)
            right = (generator.uniform(size=1_000) < confidence - 0.15).astype(float)
            found = calibration_error(confidence, right)
            covered += found.low <= 0.15 <= found.high
        assert covered >= 51  # 57 are expected; fewer than 51 of 60 come once in 100 times


class TestWords:
    def test_shares_of_texts(self):
        inside_texts = ["A dull, dull plot."] * 30 + ["A fine plot."] * 10
        outside_texts = ["A fine plot."] * 40
        (found,) = distinguishing_words(inside_texts, outside_texts)
        assert (found.word, found.inside, found.outside) == ("dull", 0.75, 0.0)
        # pooled share 30 / 80: 0.75 / sqrt(0.375 * 0.625 * 2 / 40)
        assert found.z == pytest.approx(6.928, abs=1e-3)

    def test_markup_and_rare_words_are_no_words(self):
        texts = ["<br />plain <i>words</i>"] * 3
        assert distinguishing_words(texts, ["other"] * 50) == []
        assert distinguishing_words([], ["other"]) == []


def test_a_taken_port_is_told():
    with claim_port("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(ExplorerError, match=f"Port {port} .* choose another with --port"):
            claim_port("127.0.0.1", port)


def test_what_is_no_port_is_told():
    with pytest.raises(ExplorerError, match="Port 99999"):
        claim_port("127.0.0.1", 99_999)


class TestFurtherLatentSpaces:
    def data(self):
        data = made_data(made_frame().assign(space1_x=[5.0, 6, 7, None, 8], space1_y=0.0))
        data.run.info["latent_spaces"] = {"space1": {"name": "counts"}}
        return data

    def test_each_has_its_map(self):
        assert self.data().points("space1")[0].tolist()[:3] == [5.0, 6.0, 7.0]
        assert self.data().map_title("space1").endswith("alike in the latent space counts")
        assert self.data().map_title().endswith("look alike to the model")

    def test_a_run_without_it_shows_its_own(self):
        assert made_data().points("space1")[0].tolist()[:3] == [0.0, 1.0, 2.0]
        assert made_data().spaces == {}
