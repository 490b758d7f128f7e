"""A few pictures of the samples that an insight names, where the integration shows pictures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from dash import html
from dash.development.base_component import Component

from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.drawings.pictures import source
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.errors import ExplorerError
from leap_explorer.insights import Insight
from leap_explorer.samples.drawings import Picture

MOST_INSIGHTS, MOST_SAMPLES = 20, 5


@dataclass(frozen=True)
class SmallPicture:
    """Of one sample."""

    sample_id: str
    picture: Picture


def insight_pictures(context: Context, data: RunData, insights: Sequence[Insight]) -> dict[str, list[SmallPicture]]:
    """By the insight's id, of its samples of the highest loss. May take seconds the first time."""
    if context.drawer is None or not context.drawer.shows_pictures(data.run):
        return {}
    return {one.id: _pictures(context, data, one) for one in insights[:MOST_INSIGHTS]}


def _pictures(context: Context, data: RunData, insight: Insight) -> list[SmallPicture]:
    fits, others = data.split_filter(insight.filter)
    if others:
        return []
    rows = np.flatnonzero(data.meets(fits) & data.is_evaluated)
    if "loss" in data.columns:
        rows = rows[np.argsort(-np.nan_to_num(data.numbers("loss")[rows], nan=-np.inf), kind="stable")]
    found = []
    for row in rows[:MOST_SAMPLES]:
        subset, sample_id = (str(data.frame[name].iloc[row]) for name in ("subset", "id"))
        picture = _picture(context, data, subset, sample_id)
        found += [SmallPicture(sample_id, picture)] if picture else []
    return found


def _picture(context: Context, data: RunData, subset: str, sample_id: str) -> Picture | None:
    """None where the integration is gone, too: the samples to read say why."""
    assert context.drawer is not None
    try:
        return context.drawer.thumbnail(data.run, subset, sample_id)
    except ExplorerError:
        return None


def pictures_row(pictures: Mapping[str, Sequence[SmallPicture]], insight: Insight) -> list[Component]:
    """The pictures in a row, each above its sample's id."""
    shown = [
        html.Figure(
            [html.Img(src=source(one.picture), className="thumbnail", alt=""), html.Figcaption(one.sample_id)],
            className="small-picture faint small",
        )
        for one in pictures.get(insight.id, ())
    ]
    return [html.Div(shown, className="row")] if shown else []
