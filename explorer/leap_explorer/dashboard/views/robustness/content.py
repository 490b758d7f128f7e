"""What the cards on changed samples show."""

from collections.abc import Sequence
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from leap_explorer.comparison.report import slice_rows, slice_titles
from leap_explorer.comparison.robustness import TITLES, Robustness, hardest_hit, robustness_rows
from leap_explorer.comparison.strength import curves
from leap_explorer.dashboard import theme
from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.drawings.of_sample import is_drawn, sample_drawings
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.parts.heat_map import heat_map, legend, plain_text
from leap_explorer.dashboard.plots.strength_curve import strength_curve
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.views.robustness.found import CHANGE, PAIR, ChangedWords, Flip
from leap_explorer.dashboard.views.sample.driven import driven_by
from leap_explorer.dashboard.views.sample.facts import facts
from leap_explorer.errors import ExplorerError

MOST_FLIPS = 50

_HELP = (
    "Each change beside the same samples as they were written: how many more are wrong with McNemar's exact p, and how "
    "much the loss rises (paired t-test), with 95 % intervals. A flip is another prediction."
)
_NO_ORIGINALS = "These samples are made of nothing in the run, so that there is nothing to compare them with."
_NO_TEXT = "Neither the texts nor the integration are at hand here, so that only what the run holds is shown."


def overview(found: Sequence[Robustness], shown: Robustness) -> Component:
    """A row for each change, that opens it."""
    header = [title.capitalize() for title in TITLES]
    rows = []
    for one, (name, *cells) in zip(found, robustness_rows(found), strict=True):
        link = ui.link(name, "link", extra={CHANGE: name, PAIR: None})
        rows.append([html.Strong(link, **ui.aria(current="true")) if one is shown else link, *cells])
    title = html.Span(["What each change does", ui.help_tip(_HELP, "Changes")])
    return ui.card(title, ui.table(header, rows, numeric=(1, 2, 3, 4, 5, 6)), note=f"{len(found)} changes")


def strengths(found: Sequence[Robustness], is_dark: bool) -> Component:
    """A plot for each change at several strengths; nothing where there is none."""
    plots = [
        html.Div([html.H3(one.name), dcc.Graph(figure=strength_curve(one, is_dark), config=theme.PLAIN_CONFIG,
                                               style={"height": 220})])
        for one in curves(found)
    ]  # fmt: skip
    if not plots:
        return html.Div()
    note = "dotted: as written; bars: 95 % intervals"
    return ui.card("By strength", html.Div(plots, className="columns"), note=note)


def suffering(one: Robustness) -> Component:
    """The slices that changed most surely."""
    if one.comparison is None:
        return ui.card(f"Where {one.change} costs most", html.P(_NO_ORIGINALS, className="faint"))
    rows = slice_rows(one.comparison)
    worst = hardest_hit(one) or "In no slice is it surely dearer than chance explains."
    header = [
        title.replace("in base", "as written").replace("in new", "changed") for title in slice_titles(one.comparison)
    ]
    table = ui.table(header, rows, numeric=(1, 2, 3, 4, 5)) if rows else html.P("There is no slice.", className="faint")
    looked = f"{len(rows)} of {len(one.comparison.slices):,} slices, the surest; * chance does not explain it"
    return ui.card(f"Where {one.change} costs most", html.P(worst), table, note=looked)


def flips(one: Robustness, found: Sequence[Flip], shown: Flip | None) -> Component:
    """The predictions that the change turns, each a link that opens both texts."""
    if not found:
        return ui.card("Flips", ui.empty_state("No prediction flips", "Choose another change, or clear the filters."))
    rows = [_flip_row(flip, flip is shown) for flip in found[:MOST_FLIPS]]
    header = ["Sample", "Label", "As written", "Changed", "Loss as written", "Changed"]
    listed = html.Div(ui.table(header, rows, numeric=(4, 5)), className="sample-list")
    note = f"{len(rows):,} of {len(found):,} by {one.change}, the largest change of the loss first"
    return ui.card("Flips, one by one", listed, note=note)


def _flip_row(flip: Flip, is_shown: bool) -> list[Any]:
    link = ui.link(flip.source, "link sample-id", extra={PAIR: flip.source})
    said = [html.Span(name, className="" if name == flip.label else "bad") for name in (flip.before, flip.after)]
    losses = [theme.number(value, 3) for value in (flip.loss_before, flip.loss_after)]
    return [html.Strong(link, **ui.aria(current="true")) if is_shown else link, flip.label, *said, *losses]


def pair(context: Context, data: RunData, one: Robustness, flip: Flip, is_dark: bool) -> Component:
    """The sample as it was written and changed, side by side, each with what drives the model."""
    sides = (("As written", flip.key, None), ("Changed", flip.key_changed(one.change), flip.key))
    shown = [_side(context, data, title, key, original, is_dark) for title, key, original in sides]
    return ui.card(
        f"{flip.source}, {one.change}", html.Div(shown, className="columns"), note="marked: words that changed"
    )


def _side(context: Context, data: RunData, title: str, key: str, original: str | None, is_dark: bool) -> Component:
    link = ui.link(title, "link", view="sample", sample=key)
    return html.Div(
        [html.H3(link), *facts(data, key), *_seen(context, data, key, original, is_dark)], className="stack tight"
    )


def _seen(context: Context, data: RunData, key: str, original: str | None, is_dark: bool) -> list[Component]:
    """The sample's text on the colours of what drives the model, or as its integration draws it."""
    target = data.labels[1] if len(data.labels) == 2 else _truth(data, key)
    text = context.text(key.partition("/")[2])
    before = None if original is None else context.text(original.partition("/")[2])
    marks = None if before is None else ChangedWords(before)
    if context.explainer is not None and text is not None:
        try:
            found = context.explainer.explain(data.name, text, target)
        except ExplorerError as error:
            return [ui.error_state(str(error)), plain_text(text, marks)]
        return [legend(found, is_dark), heat_map(text, found, is_dark, marks)]
    if is_drawn(context, data):
        drawings = sample_drawings(context, data, key, is_dark)
        return [drawings, driven_by(context, data, key, target, is_dark)]
    return [html.P(_NO_TEXT, className="faint")] if text is None else [plain_text(text, marks)]


def _truth(data: RunData, key: str) -> str:
    """The label that is explained where there are not two."""
    row = data.rows.get(key)
    return str(data.frame["ground_truth"].iloc[row]) if row is not None and data.labels else "loss"
