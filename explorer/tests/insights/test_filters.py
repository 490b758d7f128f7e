import json

import numpy as np
import pandas as pd
import pytest

from leap_explorer.errors import ExplorerError
from leap_explorer.insights.filters import Condition, describe, ids_filter, select

SAMPLES = pd.DataFrame(
    {
        "id": ["a", "b", "c", "d"],
        "subset": pd.array(["training", "validation", "validation", None], dtype="string"),
        "loss": np.array([0.1, 0.5, np.nan, 2.0], dtype=np.float32),
        "metadata_words": pd.array([10, 20, None, 30], dtype="Int64"),
        "metadata_cut": pd.array([True, False, None, True], dtype="boolean"),
        "metadata_empty": pd.array([None] * 4, dtype="string"),
    }
)


@pytest.mark.parametrize(
    ("column", "operator", "value", "expected"),
    [
        ("subset", "==", "validation", "bc"),
        ("subset", "!=", "validation", "a"),
        ("subset", "in", ["training", "validation"], "abc"),
        ("subset", "in", [], ""),
        ("subset", "==", None, "d"),
        ("subset", "!=", None, "abc"),
        ("metadata_words", "==", 20, "b"),
        ("metadata_words", "!=", 20, "ad"),
        ("metadata_words", "<", 20, "a"),
        ("metadata_words", "<=", 20, "ab"),
        ("metadata_words", ">", 20, "d"),
        ("metadata_words", ">=", 20, "bd"),
        ("metadata_words", "between", [20, 30], "bd"),
        ("metadata_words", "in", [10, 30], "ad"),
        ("loss", "!=", None, "abd"),
        ("loss", "<", 10, "abd"),
        ("loss", "!=", 0.5, "ad"),
        ("metadata_cut", "==", True, "ad"),
        ("metadata_cut", "!=", True, "b"),
        ("metadata_empty", "==", "x", ""),
        ("metadata_empty", "==", None, "abcd"),
    ],
)
def test_select(column, operator, value, expected):
    mask = select(SAMPLES, [Condition(column, operator, value)])
    assert mask.dtype == bool
    assert "".join(SAMPLES["id"][mask]) == expected


def test_every_condition_must_be_met():
    conditions = [Condition("subset", "==", "validation"), Condition("metadata_words", ">", 10)]
    assert select(SAMPLES, conditions).tolist() == [False, True, False, False]
    assert select(SAMPLES, []).all()


def test_no_samples():
    assert select(SAMPLES.iloc[:0], [Condition("loss", "<", 1)]).shape == (0,)


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("==", "\ud83d", [False] * 3),
        ("in", ("\ud83d", "a"), [True, False, False]),
        ("!=", "\udc00x", [True, False, True]),
    ],
)
def test_a_lone_surrogate_is_no_value(operator, value, expected):
    samples = pd.DataFrame({"name": ["a", None, "\U0001f600"]})
    assert select(samples, [Condition("name", operator, value)]).tolist() == expected


def test_ids_name_their_subset_as_ids_may_repeat_in_another():
    samples = pd.DataFrame({"id": ["0", "1", "0"], "subset": ["training", "training", "test"]})
    mask = np.array([False, False, True])
    assert select(samples, ids_filter(samples, mask)).tolist() == mask.tolist()


@pytest.mark.parametrize(
    ("column", "operator", "value", "message"),
    [
        ("loss", "~", 1, "Unknown operator '~' on loss"),
        ("loss", "<", "high", "'<' on loss needs a number, not 'high'"),
        ("loss", "<", True, "'<' on loss needs a number"),
        ("loss", ">", float("nan"), "'>' on loss needs a number"),
        ("loss", "between", [2, 1], "'between' on loss needs two numbers"),
        ("loss", "between", 2, "'between' on loss needs two numbers"),
        ("id", "in", "abc", "'in' on id needs a list"),
        ("id", "==", {}, "'==' on id needs a string"),
        (1, "==", 1, "column of a condition is a string"),
    ],
)
def test_no_condition(column, operator, value, message):
    with pytest.raises(ExplorerError, match=message):
        Condition(column, operator, value)


@pytest.mark.parametrize(
    ("column", "operator", "value", "message"),
    [
        ("metadata_none", "==", 1, "no column 'metadata_none'"),
        ("subset", "<", 1, "does not go with the column subset"),
        ("subset", "==", 1, "does not go with the column subset"),
        ("metadata_words", "==", "ten", "column metadata_words, whose values are of type number"),
        ("metadata_words", "==", True, "column metadata_words"),
        ("metadata_cut", "==", 1, "column metadata_cut"),
        ("metadata_cut", ">", 0, "column metadata_cut"),
    ],
)
def test_condition_that_does_not_go_with_the_run(column, operator, value, message):
    with pytest.raises(ExplorerError, match=message):
        select(SAMPLES, [Condition(column, operator, value)])


@pytest.mark.parametrize("value", ["x", 1, 0.1 + 0.2, True, None])
def test_json_round_trip(value):
    condition = Condition("metadata_words", "==", value)
    assert Condition.from_dict(json.loads(json.dumps(condition.to_dict()))) == condition


def test_json_round_trip_of_lists():
    condition = Condition("id", "in", ["a", "b"])
    assert json.loads(json.dumps(condition.to_dict())) == {"column": "id", "operator": "in", "value": ["a", "b"]}
    assert Condition.from_dict(condition.to_dict()) == condition


@pytest.mark.parametrize(
    "data", [None, [], {}, {"column": "id", "operator": "=="}, {"column": "id", "value": 1, "x": 2}]
)
def test_no_json_of_a_condition(data):
    with pytest.raises(ExplorerError, match="A condition has a column"):
        Condition.from_dict(data)


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        (
            [("metadata_oov_rate", ">=", 0.12), ("subset", "==", "validation")],
            "oov rate >= 0.12, subset is validation",
        ),
        ([("metadata_words", "between", [100, 20000.0])], "words from 100 to 20000"),
        ([("subset", "in", ["test", "validation"])], "subset is test or validation"),
        ([("id", "in", [str(number) for number in range(1200)])], "id is one of 1,200 listed"),
        ([("id", "in", [])], "id is one of none"),
        ([("loss", "!=", None), ("error", "==", None)], "loss is known, error is unknown"),
        ([("metadata_cut", "!=", True)], "cut is not true"),
        ([], "every sample"),
    ],
)
def test_describe(conditions, expected):
    assert describe([Condition(*condition) for condition in conditions]) == expected
