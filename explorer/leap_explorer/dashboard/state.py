"""What the page shows, as the query string of its address: reloading or sharing the address shows the same.

The page holds the state as a flat mapping of strings, the query's parameters; a parameter that is not there has its
default. Views turn it into a `State`, and ask for a change with `change`, which the page merges into the address.

Conditions and drawn areas belong to the run that the address names, unless they name one themselves: a row of `filter`
is `[column, operator, value]` or `[column, operator, value, run]`, an area `map:x,y;..` or `map@run:x,y;..`. When the
page turns to another run it writes the run's name to those that would else mean other samples.
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from leap_explorer.errors import ExplorerError
from leap_explorer.insights.filters import WORDS, Condition, Filter

Params = Mapping[str, str]
Polygon = tuple[tuple[float, float], ...]

THEMES = ("auto", "light", "dark")
SPACES = tuple(f"space{place}" for place in range(1, 12))  # an integration registers ten at most; and the model's
MAPS = ("map", "pca", *SPACES)

#: The pseudo-column of the collections that samples are in, as `WORDS` is that of words.
COLLECTION = "collection"

DEFAULT_VIEW = "overview"
DEFAULT_COLOR = "ground_truth"
DEFAULT_SIZE = "loss"
NO_SIZE = "none"


@dataclass(frozen=True)
class RunCondition(Condition):
    """A condition on what a run of that name says of the samples, whichever run is shown."""

    run: str = ""


@dataclass(frozen=True)
class Selection:
    """An area of a map, drawn by hand: the set of the samples that lie in it on the run's map."""

    projection: str  #: one of `MAPS`
    polygon: Polygon  #: its corners, in the map's coordinates
    run: str = ""  #: whose map; empty: the active run's


@dataclass(frozen=True)
class State:
    """What the page shows."""

    view: str = DEFAULT_VIEW
    run: str = ""  #: the active run; empty: the first
    theme: str = "auto"
    filter: Filter = ()
    query: str = ""  #: what the samples' text or id must hold
    selection: Selection | None = None
    sample: str = ""  #: key of the opened sample, `subset/id`
    projection: str = "map"
    color: str = DEFAULT_COLOR  #: a column
    size: str = DEFAULT_SIZE  #: a column, or `NO_SIZE`: all alike
    hover: tuple[str, ...] = ()  #: columns shown on hover, on top of the usual
    extra: tuple[tuple[str, str], ...] = field(default=())  #: settings of single views, such as `data.column`
    is_dark: bool = False  #: what the page looks like now; not part of the address
    pixel_ratio: float = 1.0  #: the screen's pixels per pixel of CSS, 1-4; not part of the address

    def get(self, key: str, default: str = "") -> str:
        """A setting of a single view; its key has the form `view.setting`."""
        return dict(self.extra).get(key, default)


def from_params(params: Params | None, screen: Mapping[str, Any] | None = None) -> State:
    """The state that the parameters tell; what cannot be read, as of an address cut short, has its default.

    Args:
        screen: what is not part of the address, `is_dark` and `pixel_ratio`, as the page's store `route` has them.
    """
    params, screen = params or {}, screen or {}
    theme, projection = params.get("theme", "auto"), params.get("map", "map")
    return State(
        view=params.get("view", DEFAULT_VIEW),
        run=params.get("run", ""),
        theme=theme if theme in THEMES else "auto",
        filter=_filter(params.get("filter", "")),
        query=params.get("q", ""),
        selection=_selection(params.get("selection", "")),
        sample=params.get("sample", ""),
        projection=projection if projection in MAPS else "map",
        color=params.get("color", DEFAULT_COLOR),
        size=params.get("size", DEFAULT_SIZE),
        hover=tuple(name for name in params.get("hover", "").split(",") if name),
        extra=tuple(sorted((key, value) for key, value in params.items() if "." in key)),
        is_dark=bool(screen.get("is_dark")),
        pixel_ratio=float(screen.get("pixel_ratio", 1)),
    )


def to_params(state: State) -> dict[str, str]:
    """The state as parameters, without those that have their default."""
    default = State()
    params = {
        "view": state.view,
        "run": state.run,
        "theme": state.theme,
        "filter": encode_filter(state.filter),
        "q": state.query,
        "selection": encode_selection(state.selection),
        "sample": state.sample,
        "map": state.projection,
        "color": state.color,
        "size": state.size,
        "hover": ",".join(state.hover),
    }
    defaults = {**dict.fromkeys(params, ""), "view": default.view, "theme": default.theme, "map": default.projection}
    defaults |= {"color": default.color, "size": default.size}
    return {key: value for key, value in params.items() if value != defaults[key]} | dict(state.extra)


def change(**changes: Any) -> dict[str, str | None]:
    """What a callback returns to the store `change`: the new values of some parameters; None takes one back.

    Filters and selections may be given as they are; keys of single views by a mapping `extra`.

    Raises:
        TypeError: the state has no such part.
    """
    names = {"query": "q", "projection": "map"}
    known = set(State.__dataclass_fields__) - {"is_dark", "pixel_ratio"}
    if unknown := set(changes) - known:
        raise TypeError(f"The state has no {', '.join(sorted(unknown))}; it has {', '.join(sorted(known))}.")
    extra = changes.pop("extra", {})
    encoded = {names.get(name, name): _encode(name, value) for name, value in changes.items()}
    return encoded | {key: None if value is None else str(value) for key, value in dict(extra).items()}


def run_of(condition: Condition) -> str:
    """The run that a condition names; empty: the active one."""
    return condition.run if isinstance(condition, RunCondition) else ""


def of_run(condition: Condition, run: str) -> Condition:
    """The condition with another run's name; empty: the active one."""
    parts = (condition.column, condition.operator, condition.value)
    return RunCondition(*parts, run) if run else Condition(*parts)


def with_condition(conditions: Filter, new: Condition) -> Filter:
    """The filter with a condition, which replaces what was asked of the same column of the same run.

    Of words and collections, of which a sample has many, it replaces only what was asked of the same one.
    """
    return (*(one for one in conditions if _asks(one) != _asks(new)), new)


def with_conditions(conditions: Filter, more: Iterable[Condition]) -> Filter:
    """The filter with several conditions, one after the other."""
    return reduce(with_condition, more, conditions)


def _asks(condition: Condition) -> tuple[str, str, Any]:
    """What a condition asks about, and whose."""
    one_of_many = condition.value if condition.column in (WORDS, COLLECTION) else None
    return condition.column, run_of(condition), one_of_many


def encode_filter(conditions: Iterable[Condition]) -> str:
    """The conditions as compact JSON, empty without any."""
    rows = [
        [one.column, one.operator, one.to_dict()["value"], *([run_of(one)] if run_of(one) else [])]
        for one in conditions
    ]
    return json.dumps(rows, separators=(",", ":"), ensure_ascii=False) if rows else ""


def encode_selection(selection: Selection | None) -> str:
    """The area as `map:x,y;x,y;..` or `map@run:x,y;x,y;..`, with five digits that count."""
    if selection is None:
        return ""
    corners = ";".join(f"{x:.5g},{y:.5g}" for x, y in selection.polygon)
    home = f"@{selection.run}" if selection.run else ""
    return f"{selection.projection}{home}:{corners}"


def _encode(name: str, value: Any) -> str | None:
    if name == "filter":
        return encode_filter(value or ()) or None
    if name == "selection":
        return encode_selection(value) or None
    if name == "hover":
        return ",".join(value or ()) or None
    return value


def _filter(text: str) -> Filter:
    try:
        return tuple(_condition(*row) for row in json.loads(text or "[]"))
    except (ValueError, TypeError, RecursionError, ExplorerError):
        return ()


def _condition(column: Any, operator: Any, value: Any, run: Any = "") -> Condition:
    if not isinstance(run, str):
        raise TypeError(f"A run's name is a string, not {run!r}.")
    return of_run(Condition(column, operator, value), run)


def _selection(text: str) -> Selection | None:
    place, _, corners = text.rpartition(":")  # a run's name may hold colons
    projection, _, run = place.partition("@")
    try:
        points = [tuple(float(number) for number in corner.split(",")) for corner in corners.split(";")]
    except ValueError:
        return None
    is_whole = len(points) >= 3 and all(len(point) == 2 and all(map(math.isfinite, point)) for point in points)
    if projection not in MAPS or not is_whole:
        return None
    return Selection(projection, tuple((point[0], point[1]) for point in points), run)
