"""What the map shows: where its bytes are, the colours that they stand for, names of clusters, and what is chosen."""

from base64 import b64encode
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import numpy as np
from dash import get_relative_path

from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.plots.color_encoding import dot_diameters, encode_colors
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.state import DEFAULT_COLOR, NO_SIZE, Polygon, State
from leap_explorer.insights.rows import Mask

#: The address of the arrays, which `leap_explorer.dashboard.parts.map_bytes` answers.
PATH = "/_map/"
#: What dragging can do.
DRAGS = {"lasso": "Lasso", "select": "Box", "pan": "Move"}
DEFAULT_DRAG = "lasso"
#: What stands over the dots.
LAYERS = {"names": "Names", "contours": "Contours", "plain": "Dots"}
DEFAULT_LAYERS = "names"


def shown_color(data: RunData, state: State) -> str:
    """The column of the colours: the default if this run lacks the state's."""
    return next(name for name in (state.color, DEFAULT_COLOR, *data.columns) if name in data.columns)


def shown_size(data: RunData, state: State) -> str:
    """The column of the sizes, or `NO_SIZE`."""
    return state.size if state.size in data.numeric_columns else NO_SIZE


def scene(data: RunData, state: State) -> dict[str, Any]:
    """All that the map shows but for what is chosen: addresses of arrays, which the page keeps, and what is small.

    `places`, `colors`, `sizes` and `worst` are addresses, the last two None without sizes or without a loss; `palette`
    has a colour for each byte of `colors`, of a scale of numbers if `is_scale`; `diameters` are those of the bytes 0
    and 255 of `sizes`; `names` are those of clusters, with their places; `opened` is the opened sample's row, or None.
    """
    color, size = shown_color(data, state), shown_size(data, state)
    encoding = encode_colors(data, color, state.is_dark)
    smallest, alike, largest = dot_diameters(data.n)
    return {
        "of": scene_of(data, state),
        "places": _address(data, "places", map=state.projection),
        "colors": _address(data, "colors", column=color),
        "palette": encoding.colors,
        "is_scale": encoding.range is not None,
        "sizes": None if size == NO_SIZE else _address(data, "sizes", column=size),
        "diameters": [alike, alike] if size == NO_SIZE else [smallest, largest],
        "worst": _address(data, "worst") if "loss" in data.numeric_columns else None,
        "names": cluster_names(data, state.projection),
        "opened": data.rows.get(state.sample) if state.sample else None,
    }


def scene_of(data: RunData, state: State) -> str:
    """Of which run and theme a scene is: it is drawn on the map made for them, and on no later one."""
    return f"{data.name}/{'dark' if state.is_dark else 'light'}"


def _address(data: RunData, what: str, **more: str) -> str:
    return get_relative_path(PATH + what) + "?" + urlencode({"run": data.name, **more})


def chosen(context: Context, state: State) -> dict[str, Any]:
    """Which samples are chosen, as a bit a row, the first the lowest of the first byte, in base64; None: all.

    `outline` has the corners of the drawn area, as long as its own map is shown.
    """
    mask = context.highlighted(state)
    return {"bits": bits(mask), "outline": outline(context.active(state), state)}


def bits(mask: Mask) -> str | None:
    """A mask as base64 of its bits; None where it leaves out nothing."""
    return None if mask.all() else b64encode(np.packbits(mask, bitorder="little").tobytes()).decode()


def outline(data: RunData, state: State) -> Polygon:
    """The drawn area, as long as its own map is shown: that of its run and projection; else no corners."""
    area = state.selection
    if area is None or area.projection != state.projection or area.run not in ("", data.name):
        return ()
    return area.polygon


@lru_cache(maxsize=32)
def cluster_names(data: RunData, projection: str) -> list[dict[str, Any]]:
    """Names of clusters at the sample next to the median of their samples' places, those of the most samples first."""
    x, y = data.points(projection)
    found = []
    for profile in data.run.clusters:
        rows = np.flatnonzero((data.numbers("cluster") == profile["cluster"]) & np.isfinite(x))
        if len(rows):
            off = np.hypot(x[rows] - np.median(x[rows]), y[rows] - np.median(y[rows]))
            row = rows[np.argmin(off)]
            name = str(profile.get("name") or f"Cluster {profile['cluster']}")
            found.append({"name": name, "x": float(x[row]), "y": float(y[row]), "n": len(rows)})
    return sorted(found, key=lambda one: -int(one["n"]))


def settings(params: dict[str, str]) -> dict[str, str]:
    """What dragging over the map does, and what stands over its dots."""
    drag, layers = params.get("population.drag", ""), params.get("population.layers", "")
    return {
        "drag": drag if drag in DRAGS else DEFAULT_DRAG,
        "layers": layers if layers in LAYERS else DEFAULT_LAYERS,
    }
