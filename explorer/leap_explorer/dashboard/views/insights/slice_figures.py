"""How each model does on a slice and on the other held-out samples: error rates as bars with their intervals."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from dash import html
from dash.development.base_component import Component

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.run_data import RunData, same_samples
from leap_explorer.dashboard.state import State
from leap_explorer.insights import Insight
from leap_explorer.insights.low_performance import NAME
from leap_explorer.insights.rows import Mask, held_out, wrong
from leap_explorer.insights.wording import error_rate, share

HELP = (
    "Wrong predictions among the slice's held-out samples, and among all other held-out samples; the line is the 95 % "
    "interval. Half of the samples were used to find the slice, so its rate is a little too high for the model it was "
    "found for; the evidence above is of the other half alone."
)


class Rate(NamedTuple):
    """A model's error rate on one side of a slice."""

    model: str
    side: str
    rate: dict[str, Any]  #: as `error_rate` gives it


def slice_figures(context: Context, state: State, insight: Insight) -> list[Component]:
    """The bars; nothing for another kind of insight, or where no model's predictions are right or wrong."""
    active = context.active(state)
    if insight.kind != NAME or insight.subkind or active.split_filter(insight.filter)[1]:
        return []
    rates = [rate for data in context.data.values() for rate in _rates(active, data, active.meets(insight.filter))]
    if not rates:
        return []
    most = max(one.rate["high"] for one in rates)
    rows = [[one.model, one.side, _bar(one, most), share(one.rate["share"], 1), f"{one.rate['n']:,}"] for one in rates]
    title = html.H3(["Wrong predictions, by model", ui.help_tip(HELP, "Wrong predictions, by model")])
    return [title, ui.table(["Model", "", "", "Wrong", "Samples"], rows, numeric=(3, 4), id="insights-rates")]


def _rates(active: RunData, data: RunData, mask: Mask) -> Iterator[Rate]:
    errors = wrong(data.frame)
    if errors is None:
        return
    inside, within = same_samples(mask, active, data), held_out(data.frame)
    for side, part in (("this slice", within & inside), ("the others", within & ~inside)):
        if rate := error_rate(errors[part]):
            yield Rate(data.name, side, rate)


def _bar(one: Rate, most: float) -> html.Div:
    """A bar as long as the rate, and a line as long as its interval; a full one is the highest rate."""
    low, value, high = (f"{100 * one.rate[name] / most:.1f}%" for name in ("low", "share", "high"))
    interval = html.Span(className="interval", style={"left": low, "right": f"calc(100% - {high})"})
    words = f"{theme.percent(one.rate['share'])} wrong, interval {theme.percent(one.rate['low'])} to "
    kind = "inside" if one.side == "this slice" else "outside"
    return html.Div(
        [html.Span(className=f"length {kind}", style={"width": value}), interval],
        className="rate-bar",
        role="img",
        **ui.aria(label=f"{words}{theme.percent(one.rate['high'])}"),
    )
