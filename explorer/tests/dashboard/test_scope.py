import numpy as np
import pytest

from dashboard_data import made_data, made_frame
from leap_explorer.dashboard.scope import ALL, HELD_OUT, KEY, scope_links, scope_of, scope_phrase, scope_rows
from leap_explorer.dashboard.state import State
from leap_explorer.insights.filters import Condition
from leap_explorer.insights.rows import TRAINING

VALIDATION = (Condition("subset", "==", "test"),)


@pytest.mark.parametrize(
    ("state", "scope", "rows"),
    [
        (State(), HELD_OUT, [4]),
        (State(filter=(Condition("loss", ">", 0.0),)), HELD_OUT, [4]),
        (State(filter=VALIDATION), ALL, [0, 1, 2, 3, 4]),
        (State(filter=VALIDATION, extra=((KEY, HELD_OUT),)), HELD_OUT, [4]),
        (State(extra=((KEY, TRAINING),)), TRAINING, [0, 1]),
        (State(extra=((KEY, ALL),)), ALL, [0, 1, 2, 3, 4]),
        (State(extra=((KEY, "nonsense"),)), HELD_OUT, [4]),
    ],
)
def test_held_out_unless_something_else_is_asked(state, scope, rows):
    data = made_data()
    assert scope_of(data, state) == scope
    assert np.flatnonzero(scope_rows(data, state)).tolist() == rows


def test_a_run_without_held_out_samples_shows_all_and_says_so():
    data = made_data(made_frame().assign(subset="training"))
    for state in (State(), State(extra=((KEY, HELD_OUT),))):
        assert scope_of(data, state) == ALL
        assert scope_phrase(data, state) == "samples"
        assert "held out" not in _names(scope_links(data, state))


def test_links_to_the_others():
    assert _names(scope_links(made_data(), State())) == ["held out", "training", "all"]


def _names(component):
    return [option.children for option in component.children[1].children]
