"""The map's dots as bytes: places, a byte of colour and of size each, and the rows of the highest losses.

They travel once for each map and column, at most four bytes a sample; what is chosen of them comes as a bit a sample.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from dash import Dash
from flask import Response, request

from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.plots.color_encoding import encode_colors, size_levels
from leap_explorer.dashboard.plots.population_map import PATH
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.state import MAPS

#: A place is a whole number from 0 to `STEPS` of its axis' range; that of a sample that has none is `NOWHERE`.
STEPS, NOWHERE = 65534, 65535
#: Where the map shows density, so many samples of the highest loss are dots nevertheless.
MOST_WORST = 5_000

Args = Mapping[str, str]


def register_map_bytes(app: Dash, context: Context) -> None:
    """Answer requests for the arrays."""
    app.server.add_url_rule(PATH + "<what>", "map_bytes", lambda what: _answer(context, what))


def _answer(context: Context, what: str) -> Response:
    data, maker = context.data.get(request.args.get("run", "")), _MAKERS.get(what)
    content = maker(data, request.args) if data is not None and maker is not None else None
    if content is None:
        return Response("There is no such map.\n", status=404, mimetype="text/plain")
    return Response(content, mimetype="application/octet-stream")


def _places(data: RunData, args: Args) -> bytes | None:
    projection = args.get("map", "")
    return place_bytes(data, projection) if projection in MAPS else None


def _colors(data: RunData, args: Args) -> bytes | None:
    column = args.get("column", "")
    return encode_colors(data, column, is_dark=False).codes.tobytes() if column in data.columns else None


def _sizes(data: RunData, args: Args) -> bytes | None:
    column = args.get("column", "")
    return size_levels(data.numbers(column)).tobytes() if column in data.numeric_columns else None


def _worst(data: RunData, _args: Args) -> bytes | None:
    return worst_rows(data.numbers("loss")).tobytes() if "loss" in data.numeric_columns else None


_MAKERS: dict[str, Callable[[RunData, Args], bytes | None]] = {
    "places": _places,
    "colors": _colors,
    "sizes": _sizes,
    "worst": _worst,
}


@lru_cache(maxsize=8)
def place_bytes(data: RunData, projection: str) -> bytes:
    """Four float64, least and most of x and of y, then all x, then all y, as uint16 of `STEPS`; little-endian."""
    columns = [_steps(values) for values in data.points(projection)]
    bounds = np.array([bound for _, limits in columns for bound in limits], dtype="<f8")
    is_placed = (columns[0][0] != NOWHERE) & (columns[1][0] != NOWHERE)
    return bounds.tobytes() + b"".join(
        np.where(is_placed, steps, NOWHERE).astype("<u2").tobytes() for steps, _ in columns
    )


def _steps(values: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.int64], tuple[float, float]]:
    """Numbers as steps of their range, and that range; 0 to 0 where none is known."""
    known = values[np.isfinite(values)].astype(np.float64)
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    share = (values.astype(np.float64) - low) / (high - low or 1.0)
    return np.where(np.isfinite(share), np.round(share * STEPS), NOWHERE).astype(np.int64), (low, high)


def worst_rows(losses: npt.NDArray[np.float64], most: int = MOST_WORST) -> npt.NDArray[np.uint32]:
    """The rows of the highest losses, the highest last, at most `most`; those without a loss left out."""
    rows = np.flatnonzero(np.isfinite(losses))
    if len(rows) > most:
        rows = rows[np.argpartition(losses[rows], -most)[-most:]]
    return rows[np.argsort(losses[rows], kind="stable")].astype("<u4")
