"""The map of a run with the pairs of a comparison as dots, coloured by which model is right."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from leap_explorer.comparison.report import ALL_OUTCOMES
from leap_explorer.dashboard import theme
from leap_explorer.dashboard.plots.population_map import outline
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.state import State
from leap_explorer.insights.rows import Mask

Places = npt.NDArray[np.intp]

_DIMMED = 0.15  # how much of a dot that is not chosen is seen

#: Of one outcome at most so many dots are drawn, spread evenly over its pairs.
MOST_DOTS = 20_000

#: The outcomes in the order in which they are drawn, the last on top.
DRAWN = tuple(reversed(ALL_OUTCOMES))


def outcome_colors(is_dark: bool) -> dict[str, str]:
    """By outcome the colour of its dots."""
    eight = theme.palette(is_dark)
    colors = (eight[2], eight[5], eight[1], eight[7])
    return dict(zip(ALL_OUTCOMES, colors, strict=True))


def dots_of(outcomes: npt.NDArray[np.str_]) -> dict[str, Places]:
    """By outcome the pairs that are drawn."""
    found = {}
    for outcome in DRAWN:
        places = np.flatnonzero(outcomes == outcome)
        step = np.linspace(0, len(places) - 1, min(len(places), MOST_DOTS)).astype(np.intp)
        found[outcome] = places[step]
    return found


def outcome_map(
    data: RunData, rows: Places, dots: Mapping[str, Places], keys: list[str], chosen: Mask, state: State
) -> dict[str, Any]:
    """A trace of each outcome.

    Args:
        data: the run whose map it is.
        rows: [pairs], its rows.
        keys: [pairs], that open the sample.
        chosen: [pairs], those that are not dimmed.
        state: with the selection as this run has it.
    """
    x, y = (values[rows] for values in data.points("map"))
    colors = outcome_colors(state.is_dark)
    traces = [
        {
            "type": "scattergl",
            "mode": "markers",
            "name": outcome,
            "x": _listed(x[places]),
            "y": _listed(y[places]),
            "customdata": [keys[place] for place in places],
            "hovertemplate": f"%{{customdata}}<extra>{outcome}</extra>",
            "marker": {"color": colors[outcome], "size": 5 if outcome in ALL_OUTCOMES[2:] else 8, "line": {"width": 0}},
            "selectedpoints": kept,
            "selected": {"marker": {"opacity": 0.9}},
            "unselected": {"marker": {"opacity": _DIMMED}},
        }
        for (outcome, places), kept in zip(dots.items(), selected_dots(dots, chosen), strict=True)
    ]
    axis = {"showgrid": False, "zeroline": False, "showticklabels": False, "ticks": ""}
    layout = theme.template(state.is_dark)["layout"] | {
        "autosize": True,
        "showlegend": False,
        "dragmode": "lasso",
        "hovermode": "closest",
        "uirevision": data.name,
        "xaxis": axis,
        "yaxis": {**axis, "scaleanchor": "x"},
        "shapes": drawn_area(data, state),
        "newselection": {"line": {"color": theme.ACCENT[state.is_dark], "width": 2, "dash": "solid"}},
    }
    return {"data": traces, "layout": layout}


def drawn_area(data: RunData, state: State) -> list[dict[str, Any]]:
    """The selection's outline, as a shape of plotly; none where it is another map's."""
    corners = "L".join(f"{x:g},{y:g}" for x, y in outline(data, state))
    line = {"color": theme.ACCENT[state.is_dark], "width": 1.5, "dash": "dot"}
    shape = {"type": "path", "path": f"M{corners}Z", "line": line, "fillcolor": "rgba(0,0,0,0)", "layer": "above"}
    return [shape] if corners else []


def selected_dots(dots: Mapping[str, Places], chosen: Mask) -> list[list[int]]:
    """By trace what plotly does not dim."""
    return [np.flatnonzero(chosen[places]).tolist() for places in dots.values()]


def _listed(values: npt.NDArray[np.float32]) -> list[float | None]:
    return [None if np.isnan(value) else round(float(value), 5) for value in values]
