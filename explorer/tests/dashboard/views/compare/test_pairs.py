from pathlib import Path

import numpy as np
import pytest

from compared_runs import run_of
from insight_runs import make_run
from leap_explorer.dashboard.context import make_context
from leap_explorer.dashboard.state import Selection, State, from_params
from leap_explorer.dashboard.views.compare.pairs import chosen, compared, shown_outcomes, within

OTHER = {"negative": "positive", "positive": "negative"}
SQUARE = ((-0.5, -0.5), (9.5, -0.5), (9.5, 0.5), (-0.5, 0.5))


def named(samples, name):
    run = run_of(samples)
    return run.part(name, run.samples)


@pytest.fixture
def context():
    """100 held-out samples in a row on the first map, in the reverse order on the second; the first five are fixed."""
    base = make_run(100, training=0, loss=np.full(100, 0.1)).assign(map_x=np.arange(100.0), map_y=0.0)
    new = base.assign(map_x=base["map_x"][::-1].to_numpy())
    base.loc[:4, "prediction"] = base["ground_truth"].map(OTHER)[:5]
    return make_context([named(base, "old"), named(new, "new")], None, Path("state"))


def places(mask):
    return np.flatnonzero(mask).tolist()


def test_the_active_run_is_compared_with_the_first_other(context):
    of = compared(context, State(run="new"))
    assert (of.base.name, of.new.name) == ("old", "new")
    assert of is compared(context, from_params({"run": "new", "compare.base": "unheard"}))
    assert compared(context, State()).base.name == "new"
    assert of.outcomes[:6].tolist() == ["fixed"] * 5 + ["both right"]


def test_what_is_chosen(context):
    of = compared(context, State(run="new"))
    assert places(chosen(context, State(run="new"), of)) == [0, 1, 2, 3, 4]
    assert places(chosen(context, from_params({"run": "new", "compare.show": "broken"}), of)) == []
    assert chosen(context, from_params({"run": "new", "compare.show": "all"}), of).all()
    assert shown_outcomes(from_params({"compare.show": "nonsense"})) == ("fixed", "broken")


@pytest.mark.parametrize(("run", "rows"), [("old", range(10)), ("new", range(90, 100)), ("", range(90, 100))])
def test_an_area_of_either_map_chooses_the_same_samples(context, run, rows):
    state = State(run="new", selection=Selection("map", SQUARE, run))
    assert places(within(context, state, compared(context, state))) == list(rows)


def test_the_filter_counts_too(context):
    state = from_params({"run": "new", "filter": '[["id","in",["s3","s50"]]]'})
    assert places(within(context, state, compared(context, state))) == [3, 50]
