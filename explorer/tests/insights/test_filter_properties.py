"""What holds for any filter: it is kept as it is, and selects what the same conditions one by one do."""

import contextlib
import json
import math

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from leap_explorer.errors import ExplorerError
from leap_explorer.insights.filters import OPERATORS, Condition, describe, select
from properties import EXAMPLES, holds, texts

SAMPLES = pd.DataFrame(
    {
        "loss": [0.0, -1.5, 2.0, math.nan, 1e300, 0.1],
        "count": pd.array([0, 1, None, 2, 2**53, -3], dtype="Int64"),
        "name": ["a", "b", None, "", "\u0130", "a"],
        "is_right": pd.array([True, False, None, True, False, True], dtype="boolean"),
    }
)
_NUMBERS = st.sampled_from((-3, -1.5, 0, 0.0, 0.1, 1, 2, 2.0, 1e300)) | st.floats(allow_nan=False, allow_infinity=False)
_BETWEEN = st.tuples(_NUMBERS, _NUMBERS).map(lambda pair: tuple(sorted(pair)))


def _conditions(names, values, operators):
    one = st.builds(Condition, st.sampled_from(names), st.sampled_from(operators), values)
    several = st.builds(Condition, st.sampled_from(names), st.just("in"), st.lists(values, max_size=3).map(tuple))
    unknown = st.builds(Condition, st.sampled_from(names), st.sampled_from(("==", "!=")), st.none())
    return one | several | unknown


CONDITIONS = st.one_of(
    _conditions(("loss", "count"), _NUMBERS, ("==", "!=", "<", "<=", ">", ">=")),
    st.builds(Condition, st.sampled_from(("loss", "count")), st.just("between"), _BETWEEN),
    _conditions(("name",), st.sampled_from(("a", "b", "", "\u0130", "z")) | texts(3), ("==", "!=")),
    _conditions(("is_right",), st.booleans(), ("==", "!=")),
)
#: Values of any kind that JSON knows, right for an operator or not.
_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts(3), lambda inner: st.lists(inner, max_size=3)
)


def meets(value, condition):
    """The condition by its definition."""
    asked, is_missing = condition.value, value is None or value is pd.NA or value != value
    if asked is None:
        return is_missing == (condition.operator == "==")
    if is_missing:
        return False
    compare = {
        "==": lambda: value == asked,
        "!=": lambda: value != asked,
        "<": lambda: value < asked,
        "<=": lambda: value <= asked,
        ">": lambda: value > asked,
        ">=": lambda: value >= asked,
        "in": lambda: value in asked,
        "between": lambda: asked[0] <= value <= asked[1],
    }
    return compare[condition.operator]()


@EXAMPLES
class TestFilters:
    def test_select_what_meets_each_condition(self, examples):
        def check(conditions):
            by_hand = [all(meets(row[one.column], one) for one in conditions) for _, row in SAMPLES.iterrows()]
            assert select(SAMPLES, conditions).tolist() == by_hand

        holds(examples, check, st.lists(CONDITIONS, max_size=4))

    def test_are_kept_in_json(self, examples):
        def check(conditions):
            kept = json.loads(json.dumps([one.to_dict() for one in conditions]))
            again = [Condition.from_dict(one) for one in kept]
            assert again == conditions
            assert np.array_equal(select(SAMPLES, again), select(SAMPLES, conditions))
            assert describe(again) == describe(conditions) != ""

        holds(examples, check, st.lists(CONDITIONS, max_size=4))

    def test_of_anything_are_whole_or_refused(self, examples):
        def check(column, operator, value):
            with contextlib.suppress(ExplorerError):
                assert select(SAMPLES, [Condition(column, operator, value)]).dtype == np.bool_

        columns = st.sampled_from(tuple(SAMPLES.columns)) | _ANYTHING
        holds(examples, check, columns, st.sampled_from(OPERATORS) | _ANYTHING, _ANYTHING)
