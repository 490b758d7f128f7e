"""What the comparison's cards show."""

import numpy as np
from dash import html
from dash.development.base_component import Component

from leap_explorer.comparison.compare import SliceChange
from leap_explorer.comparison.report import ALL_OUTCOMES, slice_rows, slice_titles
from leap_explorer.comparison.sentences import sentences
from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.parts.legend import swatch
from leap_explorer.dashboard.parts.word_odds import word_table
from leap_explorer.dashboard.plots.outcome_map import outcome_colors
from leap_explorer.dashboard.state import State, of_run
from leap_explorer.dashboard.views.compare.pairs import SHOW, Compared, shown_outcomes, within
from leap_explorer.insights.filters import Filter
from leap_explorer.insights.rows import Mask

_NO_OUTCOMES = (
    "No sample is fixed or broken: the runs are of different samples, or their model is no classifier. What can be "
    "compared stands above."
)


def names_of(of: Compared) -> dict[str, str]:
    """By outcome what it means of these two runs."""
    meanings = (f"only {of.new.name} right", f"only {of.base.name} right", "both wrong", "both right")
    return dict(zip(ALL_OUTCOMES, meanings, strict=True))


def summary(of: Compared) -> Component:
    """The five sentences, how the samples were matched, and how the training data differ."""
    training = [of.found.training_data.sentence()] if of.found.training_data else []
    lines = [*sentences(of.found), of.found.matching.sentence(), *training]
    return ui.card("In short", html.Ul([html.Li(line) for line in lines], className="compare-sentences"))


def counts(context: Context, state: State, of: Compared) -> Component:
    """How many pairs have each outcome, each a link that shows them alone."""
    if of.outcomes is None:
        return ui.empty_state("Nothing to show on the maps", _NO_OUTCOMES)
    mask, colors, shown = within(context, state, of), outcome_colors(state.is_dark), shown_outcomes(state)
    links = [
        ui.link(
            [swatch(colors[outcome]), f"{outcome} ({meaning}): {int((mask & (of.outcomes == outcome)).sum()):,}"],
            "legend-entry" + ("" if outcome in shown else " off"),
            f"Show {outcome} alone",
            extra={SHOW: outcome},
        )
        for outcome, meaning in names_of(of).items()
    ]
    return html.Div(links, className="legend")


def words(context: Context, state: State, of: Compared) -> Component:
    """The words that set the fixed apart from the broken, and the reverse."""
    shown = of.new.run.words
    if of.outcomes is None or shown is None:
        return html.Div()
    mask = within(context, state, of)
    fixed, broken = (_rows_with(of, mask & (of.outcomes == outcome)) for outcome in ALL_OUTCOMES[:2])
    first = word_table(shown, fixed, broken, ("Fixed", "Broken"), state)
    second = word_table(shown, broken, fixed, ("Broken", "Fixed"), state)
    sides = [
        html.Div([html.H3(title), part]) for title, part in (("Of what is fixed", first), ("Of what is broken", second))
    ]
    counted = f"{int(fixed.sum()):,} fixed, {int(broken.sum()):,} broken"
    return ui.card("Words that tell them apart", html.Div(sides, className="columns"), note=counted)


def _rows_with(of: Compared, pairs: Mask) -> Mask:
    """[n] of the new run: the samples of some pairs."""
    rows = np.zeros(of.new.n, dtype=bool)
    rows[of.rows[1][pairs]] = True
    return rows


def slices(of: Compared) -> Component:
    """The slices that changed most surely; a click filters by one."""
    found = of.found
    rows = slice_rows(found)
    if not rows:
        return html.Div()
    header = [*slice_titles(found)]
    cells = [
        [ui.link(name, "link", filter=_filter(of, change), query=None, selection=None), *others]
        for (name, *others), change in zip(rows, found.slices, strict=False)
    ]
    note = f"{len(rows)} of {len(found.slices):,}; * chance does not explain it"
    return ui.card("Slices that changed most surely", ui.table(header, cells, numeric=(1, 2, 3, 4, 5)), note=note)


def _filter(of: Compared, change: SliceChange) -> Filter:
    """The slice's conditions; those that the base run decides name it."""
    home = "" if change.slice.origin in ("new", "label") else of.base.name
    return tuple(of_run(one, home if one.operator not in ("has", "lacks") else "") for one in change.slice.filter)
