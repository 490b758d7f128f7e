"""What holds for any address of the page: it keeps its state, and none, however broken, stops the page."""

import json
from urllib.parse import parse_qsl, quote, urlencode

from hypothesis import strategies as st

from leap_explorer.dashboard.state import MAPS, THEMES, Selection, State, from_params, to_params
from leap_explorer.insights.filters import Condition
from properties import EXAMPLES, holds, texts

_NAMES = texts(4).filter(lambda name: name and "," not in name)
_PARAMETERS = (
    "view",
    "run",
    "theme",
    "filter",
    "q",
    "selection",
    "sample",
    "map",
    "color",
    "size",
    "hover",
    "data.column",
)
_SCALARS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | texts(3)
CONDITIONS = st.builds(Condition, texts(3), st.sampled_from(("==", "!=")), st.none() | _SCALARS) | st.builds(
    Condition, texts(3), st.just("in"), st.lists(_SCALARS, max_size=3).map(tuple)
)
#: Coordinates of the digits that an address keeps.
_COORDINATES = st.floats(-1e6, 1e6).map(lambda number: float(f"{number:.5g}"))
_POLYGONS = st.lists(st.tuples(_COORDINATES, _COORDINATES), min_size=3, max_size=6).map(tuple)
_KEYS = st.sampled_from(("data.column", "sample.target", "overview.\u0130"))
STATES = st.builds(
    State,
    view=texts(3),
    run=texts(3),
    theme=st.sampled_from(THEMES),
    filter=st.lists(CONDITIONS, max_size=3).map(tuple),
    query=texts(5),
    selection=st.none() | st.builds(Selection, st.sampled_from(MAPS), _POLYGONS),
    sample=texts(3),
    projection=st.sampled_from(MAPS),
    color=texts(3),
    size=texts(3),
    hover=st.lists(_NAMES, max_size=3).map(tuple),
    extra=st.dictionaries(_KEYS, texts(3)).map(lambda extra: tuple(sorted(extra.items()))),
)


def to_query(state):
    """As the page's address holds it."""
    return urlencode(to_params(state))


def from_query(query):
    return from_params(dict(parse_qsl(query, keep_blank_values=True)))


def encodable(text):
    """Whether an address, which is UTF-8, can hold it."""
    return not any("\ud800" <= sign <= "\udfff" for sign in text)


@EXAMPLES
class TestAddress:
    def test_keeps_the_state(self, examples):
        def check(state):
            params = to_params(state)
            assert from_params(params) == state
            if encodable("".join(params.values())):
                assert from_query(to_query(state)) == state

        holds(examples, check, STATES)

    def test_of_any_parameters_is_a_state(self, examples):
        def check(params):
            state = from_params(params)
            assert from_params(to_params(state)) == state
            assert state.theme in THEMES
            assert state.projection in MAPS

        numbers = st.lists(st.floats(), max_size=8).map(lambda values: "map:" + ";".join(map(repr, values)))
        lists = st.recursive(_SCALARS, lambda inner: st.lists(inner, max_size=3)).map(json.dumps)
        values = (
            texts(6)
            | numbers
            | lists
            | st.sampled_from(("9" * 400, "[" * 3_000, '[["a","in",["b"]]]', "map:0,0;1,1;nan,1"))
        )
        holds(examples, check, st.dictionaries(st.sampled_from(_PARAMETERS), values))

    def test_cut_short_is_a_state(self, examples):
        def check(state, length):
            if encodable("".join(to_params(state).values())):
                assert isinstance(from_query(to_query(state)[:length]), State)

        holds(examples, check, STATES, st.integers(0, 200))

    def test_of_any_text_is_a_state(self, examples):
        def check(query):
            assert isinstance(from_query(query), State)
            assert isinstance(from_query(quote(query, errors="replace")), State)

        holds(examples, check, texts(10))
