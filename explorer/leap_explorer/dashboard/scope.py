"""Which samples the numbers of a view are of: the held-out ones, unless the user asks for others."""

from typing import Any

import numpy as np
from dash import html
from dash.development.base_component import Component

from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.state import State
from leap_explorer.insights.rows import TRAINING, Mask

#: What can be chosen besides a subset's name.
HELD_OUT, ALL = "held-out", "all"

#: The parameter of the page's address that the data and population views share.
KEY = "samples.scope"

HELP = (
    "Held out: labelled samples that the model was not trained on; only they tell how it does on new ones. On the "
    "samples that it was trained on, a model is better than it will be."
)

_NAMES = {HELD_OUT: "held out", TRAINING: "training", ALL: "all"}


def chosen_rows(data: RunData, subset: str) -> Mask:
    """[n], rows of a subset by name, of `HELD_OUT` (`held_out`; all if the run has none), or of `ALL`."""
    if subset == HELD_OUT:
        return data.is_held_out if has_held_out(data) else chosen_rows(data, ALL)
    if subset == ALL:
        return np.ones(data.n, dtype=bool)
    return (data.frame["subset"] == subset).to_numpy(dtype=bool, na_value=False)


def has_held_out(data: RunData) -> bool:
    """Whether the run has any sample that the model was not trained on."""
    return bool(data.is_held_out.any())


def scope_of(data: RunData, state: State) -> str:
    """What the user chose; else all where the filter itself names subsets, or nothing is held out; else `HELD_OUT`."""
    names_subsets = any(condition.column == "subset" for condition in state.filter)
    default = ALL if names_subsets or not has_held_out(data) else HELD_OUT
    chosen = state.get(KEY)
    return chosen if chosen in _NAMES and (chosen != HELD_OUT or has_held_out(data)) else default


def scope_rows(data: RunData, state: State) -> Mask:
    """[n], the samples that the view's numbers are of."""
    return chosen_rows(data, scope_of(data, state))


def scope_phrase(data: RunData, state: State) -> str:
    """`held-out samples`, `training samples` or `samples`, for a sentence."""
    return {HELD_OUT: "held-out samples", TRAINING: "training samples"}.get(scope_of(data, state), "samples")


def scope_links(data: RunData, state: State) -> Component:
    """The samples that count, and links to others."""
    now = scope_of(data, state)
    offered = [name for name in _NAMES if chosen_rows(data, name).any() and (name != HELD_OUT or has_held_out(data))]
    parts = [
        html.Span(_NAMES[name], className="scope-option", **ui.aria(current="true"))
        if name == now
        else ui.link(_NAMES[name], "scope-option", f"Count {_NAMES[name]} samples", extra={KEY: name})
        for name in offered
    ]
    named: dict[str, Any] = {"role": "group", **ui.aria(label="Samples that count")}
    label = html.Span(["Samples", ui.help_tip(HELP, "Held out")], className="field-label")
    return html.Div([label, html.Div(parts, className="segments")], className="field scope", **named)
