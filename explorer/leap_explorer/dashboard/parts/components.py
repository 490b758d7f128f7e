"""Small pieces that several views are made of."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from leap_explorer.dashboard.parts.jsonml import drawn
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.state import State, change, to_params
from leap_explorer.dashboard.theme import NOTHING, PLAIN_CONFIG, number
from leap_explorer.errors import ExplorerError
from leap_explorer.precision import alike
from leap_explorer.runs.summary import Estimate

#: Outputs of the shell. A callback asks for a change of the state by returning `state.change(..)` to `CHANGE`.
CHANGE = "change"
STATE = "state"

#: Of an open menu, in pixels: a column among thirty is found without scrolling through a slit.
MENU_HEIGHT = 360

_DIRECTIONS = {"up": "Higher is better.", "down": "Lower is better."}


def watched(name: str) -> dict[str, str]:
    """The id of the store that `watch(name, ..)` makes, for a callback's Input."""
    return {"type": "watch", "name": name}


def watch(name: str, keys: Sequence[str], state: State) -> dcc.Store:
    """A store that changes when, and only when, one of these parameters of the page's address does.

    It lets a callback wait for a part of the state. Its data is the list of their values; the callback reads the whole
    state from the store `STATE`. The shell has those named `filter` (filter and query), `selection` and `sample`.
    """
    params = to_params(state)
    return dcc.Store(id=watched(name), data={"keys": list(keys), "values": [params.get(key, "") for key in keys]})


def control_id(key: str, default: str = "") -> dict[str, str]:
    """The id of an input whose `value` is a parameter of the page's address: the page keeps both alike.

    A list of values is joined by commas. With the value `default` the parameter is left out.
    """
    return {"type": "control", "key": key.replace(".", ":"), "default": default}  # Dash's ids hold no dots


def select(
    key: str, label: str, options: Sequence[Mapping[str, Any]], value: Any, default: str = "", **more: Any
) -> html.Div:
    """A labelled menu for a parameter of the page's address."""
    settings = {"clearable": False, "searchable": len(options) > 8, "maxHeight": MENU_HEIGHT, **more}
    menu = dcc.Dropdown(list(options), value, id=control_id(key, default), className="menu", **settings)
    return _field(label, menu)


def choice(
    key: str, label: str, options: Sequence[Mapping[str, Any]], value: str, default: str = "", **more: Any
) -> html.Div:
    """A few labelled alternatives in a row, for a parameter of the page's address."""
    radio = dcc.RadioItems(list(options), value, id=control_id(key, default), className="segments", inline=True, **more)
    return _field(label, radio)


def _field(label: str, control: Component) -> html.Div:
    return html.Div(
        [html.Span(label, className="field-label"), control], className="field", role="group", **aria(label=label)
    )


def card(title: Any, *children: Any, note: Any = None, class_name: str = "", **more: Any) -> html.Section:
    """A titled box; `note` stands at the right of the title, such as `132 of 600 samples`."""
    head: list[Component] = [html.H2(title, className="card-title")]
    if note is not None:
        head.append(html.Span(note, className="card-note"))
    classes = f"card {class_name}".strip()
    return html.Section([html.Header(head, className="card-head"), *children], className=classes, **more)


def stat(label: Any, value: Any, detail: Any = None) -> html.Div:
    """A number with its name, and what it rests on."""
    parts = [html.Div(label, className="stat-label"), html.Div(value, className="stat-value")]
    if detail is not None:
        parts.append(html.Div(detail, className="stat-detail"))
    return html.Div(parts, className="stat")


def help_tip(text: str, name: str = "", is_left: bool = False) -> html.Span:
    """A question mark that says more when pointed at or focused; to its left where the page ends at its right."""
    bubble = html.Span(text, className="tip-text", role="tooltip")
    named = aria(label=f"{name} {text}".strip())
    return html.Span(["?", bubble], className="tip left" if is_left else "tip", tabIndex="0", role="img", **named)


def data(**values: str) -> Any:
    """Attributes that only the page's own functions read: `data(layer="1")` is `data-layer`."""
    return {f"data-{name}": value for name, value in values.items()}


@lru_cache(maxsize=512)
def column_help(data: RunData, column: str) -> str:
    """What a column means: description, direction, and the range that this run has."""
    facts = data.columns.get(column, {})
    parts = [facts.get("description") or f"{data.heading(column)}: a {facts.get('role', 'value')}."]
    direction = _DIRECTIONS.get(facts.get("direction") or "")
    if direction and direction.lower().rstrip(".") not in parts[0].lower():
        parts.append(direction)
    if data.kind(column) == "number":
        values = data.numbers(column)
        known = values[np.isfinite(values)]
        if len(known):
            parts.append("Here from {} to {}.".format(*alike([float(known.min()), float(known.max())])))
        if len(known) < data.n:
            parts.append(f"Known of {len(known):,} of {data.n:,} samples.")
    return " ".join(parts)


def column_tip(data: RunData, column: str) -> html.Span:
    """The help of a column."""
    return help_tip(column_help(data, column), data.title(column))


def column_options(data: RunData, columns: Sequence[str]) -> list[dict[str, str]]:
    """Columns as a menu's options, each with its help as a tooltip."""
    return [{"label": data.heading(name), "value": name, "title": column_help(data, name)} for name in columns]


def empty_state(title: str, detail: str = "") -> html.Div:
    """Says why there is nothing to see, and what to do."""
    return html.Div([html.P(title, className="state-title"), html.P(detail)], className="empty-state", role="status")


def no_match() -> html.Div:
    """Says that no sample meets the filters, and takes them away."""
    clear = link("Clear filters", filter=None, query=None, selection=None)
    return html.Div(
        [html.P("No samples match.", className="state-title"), clear], className="empty-state", role="status"
    )


def error_state(message: str) -> html.Div:
    """Says what went wrong, in words that help to mend it."""
    parts = [html.P("This cannot be shown", className="state-title"), html.P(message)]
    return html.Div(parts, className="error-state", role="alert")


def guarded(make: Callable[..., Any], *arguments: Any) -> Any:
    """What `make` gives, as the page draws it, or the error that keeps it from that."""
    try:
        return drawn(make(*arguments))
    except ExplorerError as error:
        return error_state(str(error))


def table(header: Sequence[Any], rows: Sequence[Sequence[Any]], numeric: Sequence[int] = (), **more: Any) -> html.Div:
    """A plain table; the columns of these indices are numbers, set right."""
    classes = ["number" if index in set(numeric) else "" for index in range(len(header))]
    head = html.Tr([html.Th(cell, className=name, scope="col") for cell, name in zip(header, classes, strict=True)])
    body = [html.Tr([html.Td(cell, className=name) for cell, name in zip(row, classes, strict=True)]) for row in rows]
    return html.Div(
        html.Table([html.Thead(head), html.Tbody(body)], className="table", **more),
        className="table-scroll",
        tabIndex="0",
    )


def facts_list(facts: Mapping[str, Any]) -> html.Dl:
    """Names and values, one a line."""
    pairs = [part for name, value in facts.items() for part in (html.Dt(name), html.Dd(str(value)))]
    return html.Dl(pairs, className="facts")


def page(*children: Component, class_name: str = "") -> html.Div:
    """What a view's `layout` returns."""
    return html.Div(list(children), className=f"page {class_name}".strip())


def aria(**attributes: str) -> dict[str, Any]:
    """Attributes that tell a screen reader more: `aria(label="Views")`."""
    return {f"aria-{name}": value for name, value in attributes.items()}


def link(children: Any, class_name: str = "link", label: str | None = None, **changes: Any) -> html.A:
    """A link that changes the page's state, as `state.change(**changes)` does, without asking the server.

    Opened in a new tab it shows the same, as its address holds the whole state.
    """
    named = aria(label=label) if label else {}
    wanted = change(**changes)
    data: dict[str, Any] = {"data-change": json.dumps(wanted)}
    address = "?" + urlencode({key: value for key, value in wanted.items() if value is not None})
    return html.A(children, href=address, className=class_name, **data, **named)


def brushing(**changes: Any) -> str:
    """What a mark of a `brushable` plot carries as `customdata`: the change that a click on it makes, as of `link`."""
    return json.dumps(change(**changes))


def brushable(name: str, figure: Mapping[str, Any]) -> dcc.Graph:
    """A small plot, of the page's only one of this name, whose marks are links: each carries what `brushing` gives."""
    return dcc.Graph(id={"type": "brush", "name": name}, figure=figure, config=PLAIN_CONFIG, className="plot")


def value_text(data: RunData, column: str, row: int) -> str:
    """A sample's value as people read it."""
    value = data.frame[column].iloc[row]
    if pd.isna(value):
        return "unknown"
    if data.role(column) == "cluster":
        return data.cluster_name(int(value))
    if data.kind(column) == "number":
        return number(float(value), data.decimals(column))
    return str(value).lower() if isinstance(value, bool | np.bool_) else str(value)


def estimate(value: Estimate | None, is_share: bool = False) -> Component | str:
    """A number above its interval, if it has one."""
    if value is None:
        return NOTHING
    number_text, _, interval = value.text(percent=is_share).partition(" (")
    below = [html.Div(f"({interval}", className="faint small")] if interval else []
    return html.Span([html.Div(number_text), *below])
