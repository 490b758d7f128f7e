import json

import pytest

from leap_explorer.dashboard.state import (
    RunCondition,
    Selection,
    State,
    change,
    encode_selection,
    from_params,
    run_of,
    to_params,
    with_condition,
)
from leap_explorer.insights.filters import Condition

FULL = State(
    view="population",
    run="bert & co",
    theme="dark",
    filter=(
        Condition("subset", "in", ("training", "test")),
        Condition("loss", "between", (0.5, 2)),
        Condition("metadata_label", "!=", None),
        Condition("metadata_is_truncated", "==", True),
        Condition("metadata_title", "==", 'a "b", ü=?&#'),
        RunCondition("prediction", "==", "positive", "one/dense: 2"),
    ),
    query="50 % off + more",
    selection=Selection("pca", ((0.0, 1.5), (-2.25, 3.0), (1e-05, 4.0)), "one@dense: 2"),
    sample="training/a/b",
    projection="pca",
    color="cluster",
    size="none",
    hover=("loss", "metadata_words"),
    extra=(("data.by", "subset"), ("data.column", "metadata_words")),
)


class TestRoundTrip:
    def test_default_has_no_parameters(self):
        assert to_params(State()) == {}
        assert from_params({}) == from_params(None) == State()

    def test_everything(self):
        assert from_params(to_params(FULL)) == FULL

    @pytest.mark.parametrize("part", ["view", "run", "filter", "query", "selection", "color", "size", "hover", "extra"])
    def test_a_part_alone(self, part):
        state = State(**{part: getattr(FULL, part)})
        assert from_params(to_params(state)) == state

    def test_dark_is_not_shared(self):
        assert to_params(State(is_dark=True, pixel_ratio=2)) == {}
        assert from_params({}, {"is_dark": True, "pixel_ratio": 2}) == State(is_dark=True, pixel_ratio=2)

    def test_five_digits_of_a_place(self):
        assert encode_selection(Selection("map", ((1.234567, -1234.567), (0.0, 1.0), (2.0, 3.0)))) == (
            "map:1.2346,-1234.6;0,1;2,3"
        )


class TestConditionsOfARun:
    def test_a_row_of_three_is_the_active_runs_and_one_of_four_names_its_own(self):
        first, second = from_params({"filter": '[["loss",">",1],["loss",">",1,"bert"]]'}).filter
        assert first == Condition("loss", ">", 1)
        assert second == RunCondition("loss", ">", 1, "bert")
        assert (run_of(first), run_of(second)) == ("", "bert")

    def test_an_empty_name_is_none(self):
        assert from_params({"filter": '[["loss",">",1,""]]'}).filter == (Condition("loss", ">", 1),)

    def test_a_new_condition_replaces_that_of_its_column_and_run_alone(self):
        old = (Condition("loss", ">", 1), RunCondition("loss", ">", 1, "bert"), Condition("subset", "==", "test"))
        assert with_condition(old, Condition("loss", "<", 3)) == (old[1], old[2], Condition("loss", "<", 3))
        new = RunCondition("loss", "<", 3, "bert")
        assert with_condition(old, new) == (old[0], old[2], new)

    def test_several_words_may_be_asked_for_each_once(self):
        bad, dull, no_bad = (
            Condition("words", has, word)
            for has, word in zip(("has", "has", "lacks"), ("bad", "dull", "bad"), strict=True)
        )
        assert with_condition((bad,), dull) == (bad, dull)
        assert with_condition((bad, dull), no_bad) == (dull, no_bad)


class TestBrokenAddresses:
    @pytest.mark.parametrize(
        "text",
        [
            *("[" * 20_000, "[" * 20_000 + "]" * 20_000, f'[["loss",">",{"9" * 400}]]', f'[["loss",">",{"9" * 5000}]]'),
            *(
                "",
                "[",
                "{}",
                "3",
                '[["loss"]]',
                '[["loss",">",1,2]]',
                '[["loss","~",1]]',
                "[[1,2,3]]",
                '[["a","in",1]]',
            ),
        ],
    )
    def test_filter(self, text):
        assert from_params({"filter": text}).filter == ()

    @pytest.mark.parametrize(
        "text",
        [
            f"map:{'9' * 400},1;2,3;4,5",
            "",
            "map",
            "map:",
            "map:1,2;3,4",
            "map:1;2;3",
            "map:a,b;1,2;3,4",
            "map:nan,1;2,3;4,5",
            "other:1,2;3,4;5,6",
        ],
    )
    def test_selection(self, text):
        assert from_params({"selection": text}).selection is None

    def test_names_that_there_are_not(self):
        assert from_params({"theme": "pink", "map": "globe", "unheard": "of"}) == State()


class TestChange:
    def test_names_and_values_as_the_address_has_them(self):
        wanted = change(
            query="dull", projection="pca", filter=(Condition("loss", ">", 1),), selection=None, extra={"data.by": None}
        )
        assert wanted == {
            "q": "dull",
            "map": "pca",
            "filter": json.dumps([["loss", ">", 1]], separators=(",", ":")),
            "selection": None,
            "data.by": None,
        }

    def test_empty_takes_back(self):
        assert change(filter=(), hover=()) == {"filter": None, "hover": None}
        assert change(filter=None, hover=None) == {"filter": None, "hover": None}

    def test_what_there_is_not(self):
        with pytest.raises(TypeError, match="no colour"):
            change(colour="loss")

    def test_merged_into_the_parameters_it_is_the_state(self):
        params = to_params(State()) | change(view="sample", sample="test/1", hover=("loss",))
        assert from_params(params) == State(view="sample", sample="test/1", hover=("loss",))


def test_setting_of_a_view():
    assert FULL.get("data.column", "loss") == "metadata_words"
    assert State().get("data.column", "loss") == "loss"
