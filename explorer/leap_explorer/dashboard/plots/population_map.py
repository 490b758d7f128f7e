"""The map as a plotly figure: one trace of all samples, which patches restyle, and a ring around the opened one."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.plots.color_encoding import ColorEncoding, encode_colors, sizes
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.state import DEFAULT_COLOR, NO_SIZE, State
from leap_explorer.insights.rows import Mask

DIMMED = 0.15
#: What dragging can do, with plotly's names.
DRAGS = {"lasso": "Lasso", "select": "Box", "pan": "Move"}
DEFAULT_DRAG = "lasso"


def shown_color(data: RunData, state: State) -> str:
    """The column of the colours: the default if this run lacks the state's."""
    return next(name for name in (state.color, DEFAULT_COLOR, *data.columns) if name in data.columns)


def shown_size(data: RunData, state: State) -> str:
    """The column of the sizes, or `NO_SIZE`."""
    return state.size if state.size in data.numeric_columns else NO_SIZE


def map_figure(context: Context, data: RunData, state: State) -> dict[str, Any]:
    """The whole figure; later changes are patches of it, so that the points travel once."""
    encoding = encode_colors(data, shown_color(data, state), state.is_dark)
    x, y = dot_places(data, state)
    points = {
        "type": "scattergl",
        "mode": "markers",
        "x": x,
        "y": y,
        "hoverinfo": "none",
        "marker": {
            "color": dot_colors(encoding),
            "size": dot_sizes(data, state),
            "opacity": 0.8,
            "line": {"width": 0},
        },
        "selectedpoints": selected_points(context.highlighted(state)),
        "selected": {"marker": {"opacity": 0.9}},
        "unselected": {"marker": {"opacity": DIMMED}},
    }
    axis = {"showgrid": False, "zeroline": False, "showticklabels": False, "ticks": ""}
    # Not as a template: of that Dash makes a copy with each update, for which plotly computes all dots anew
    layout = theme.template(state.is_dark)["layout"] | {
        "autosize": True,
        "showlegend": False,
        "dragmode": drag_mode(state),
        "hovermode": "closest",
        "uirevision": state.projection,
        "xaxis": axis,
        "yaxis": {**axis, "scaleanchor": "x"},
        "shapes": outline(data, state),
        "newselection": {"line": {"color": theme.ACCENT[state.is_dark], "width": 2, "dash": "solid"}},
    }
    return {"data": [points, opened(data, state)], "layout": layout}


def selected_points(highlighted: Mask) -> list[int] | None:
    """What plotly does not dim; None, which dims nothing, where all are highlighted."""
    return None if highlighted.all() else np.flatnonzero(highlighted).tolist()


def dot_colors(encoding: ColorEncoding) -> list[str]:
    """The dots' colours, `#RRGGBB`: plotly reads them several times faster than values of a colour scale."""
    return np.array(encoding.colors)[encoding.codes].tolist()


def dot_sizes(data: RunData, state: State) -> list[float | None]:
    """The dots' diameters in pixels."""
    column = shown_size(data, state)
    return _listed(sizes(None if column == NO_SIZE else data.numbers(column), data.n))


def dot_places(data: RunData, state: State) -> tuple[list[float | None], list[float | None]]:
    """The dots' x and y; None of failed samples."""
    x, y = data.points(state.projection)
    return _listed(x), _listed(y)


def _listed(values: npt.NDArray[np.float32]) -> list[float | None]:
    """Numbers, to a millionth of the largest, in lists: typed arrays are new to plotly whenever anything changes."""
    largest = float(np.nanmax(np.abs(values), initial=1e-6))
    rounded = np.round(values.astype(float), 6 - math.ceil(math.log10(largest)))
    return [None if math.isnan(value) else value for value in rounded.tolist()]


def opened(data: RunData, state: State) -> dict[str, Any]:
    """A ring around the sample that was opened last."""
    x, y = data.points(state.projection)
    row = data.rows.get(state.sample)
    place = ([], []) if row is None else ([float(x[row])], [float(y[row])])
    line = {"color": theme.ink(state.is_dark), "width": 2}
    marker = {"symbol": "circle-open", "size": 20, "color": theme.ink(state.is_dark), "line": line}
    return {"type": "scattergl", "mode": "markers", "x": place[0], "y": place[1], "hoverinfo": "skip", "marker": marker}


def outline(data: RunData, state: State) -> list[dict[str, Any]]:
    """The drawn area, as long as its own map is shown: that of its run and projection."""
    area = state.selection
    if area is None or area.projection != state.projection or area.run not in ("", data.name):
        return []
    corners = "L".join(f"{x:g},{y:g}" for x, y in area.polygon)
    line = {"color": theme.ACCENT[state.is_dark], "width": 1.5, "dash": "dot"}
    return [{"type": "path", "path": f"M{corners}Z", "line": line, "fillcolor": "rgba(0,0,0,0)", "layer": "above"}]


def drag_mode(state: State) -> str:
    """What dragging over the map does."""
    drag = state.get("population.drag", "lasso")
    return drag if drag in DRAGS else "lasso"
