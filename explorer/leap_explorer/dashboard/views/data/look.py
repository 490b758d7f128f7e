"""What the data view shows: the column, the metric and the groups that its address asks for."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.plots.column_axis import ColumnAxis, column_axis
from leap_explorer.dashboard.plots.profile_plots import Group
from leap_explorer.dashboard.run_data import CORRECT, CORRECTNESS, WRONG, RunData
from leap_explorer.dashboard.state import State
from leap_explorer.errors import ExplorerError
from leap_explorer.insights import metadata_profile
from leap_explorer.insights.bins import quantile_edges
from leap_explorer.insights.metadata_loss import RANGES as COUNT
from leap_explorer.insights.rows import Mask

RANGES, EACH = "ranges", "samples"
TOGETHER = "none"

#: What the ranking can be sorted by.
SORTS = ("name", "strength", "n")

#: Words in the names of the columns that are offered first.
_FIRST = ("oov_count", "polarity")
_METRIC_ROLES = ("loss", "metric", "outlier_score", "probability")

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Look:
    """What the page's address asks to see, as far as the run has it."""

    column: str
    metric: str
    by: str = TOGETHER  #: the column that splits the samples, or `TOGETHER`
    show: str = RANGES  #: `RANGES` or `EACH`
    sort: str = "strength"  #: of the ranking, one of `SORTS`


def look_of(data: RunData, state: State) -> Look:
    """The view's settings; what the run does not have is replaced by the default.

    Raises:
        ExplorerError: the run has no column to show, or no metric.
    """
    columns, metrics, splits = column_order(data), metric_order(data), split_columns(data)
    if not columns or not metrics:
        raise ExplorerError("This run has no metadata or no metric, so there is nothing to compare.")
    column, metric, by = state.get("data.column"), state.get("data.metric"), state.get("data.by")
    show, sort = state.get("data.show"), state.get("data.sort")
    return Look(
        column if column in columns else columns[0],
        metric if metric in metrics else metrics[0],
        by if by in splits else TOGETHER,
        show if show == EACH else RANGES,
        sort if sort in SORTS else "strength",
    )


def column_order(data: RunData) -> list[str]:
    """Columns that the menu offers: out-of-vocabulary count and polarity first, other metadata, then the rest."""
    metadata = data.of_role("metadata")
    first = [found[0] for word in _FIRST if (found := [name for name in metadata if word in name])]
    rest = [*data.numeric_columns, *data.category_columns]
    return list(dict.fromkeys([*first, *metadata, *rest]))


def metric_order(data: RunData) -> list[str]:
    """Numbers that a column is compared with, the loss first; any, where the run has none of the model's."""
    of_model = [name for name in data.of_role(*_METRIC_ROLES) if data.kind(name) == "number"]
    return of_model or data.numeric_columns


def split_columns(data: RunData) -> list[str]:
    """Columns that tell groups of samples: the label, the subset, whether the prediction is right."""
    wanted = ("ground_truth", "subset", CORRECTNESS)
    return [name for name in wanted if name in data.category_columns]


def groups_of(data: RunData, look: Look, rows: Mask, is_dark: bool) -> list[Group]:
    """The samples of `rows` with a known metric and column, in groups of the same ranges; none without any."""
    parts = [("", theme.ACCENT[is_dark], rows)] if look.by == TOGETHER else _parts(data, look.by, rows, is_dark)
    edges = _edges(data, look, rows)
    found = [_group(data, look, name, color, mask, edges) for name, color, mask in parts]
    return [group for group in found if group.profile["n"]]


def axis_of(data: RunData, look: Look, rows: Mask) -> ColumnAxis:
    """The axis of a column of numbers; of which samples it is, decides where its bands are."""
    return column_axis(_known(data, look, rows), _edges(data, look, rows))


def _edges(data: RunData, look: Look, rows: Mask) -> Floats:
    if data.kind(look.column) == "category":
        return np.empty(0)
    return quantile_edges(_known(data, look, rows), COUNT)


def _known(data: RunData, look: Look, rows: Mask) -> Floats:
    """The column's values where the metric is known too."""
    values = data.numbers(look.column)
    return values[rows & np.isfinite(values) & np.isfinite(data.numbers(look.metric))]


def _parts(data: RunData, by: str, rows: Mask, is_dark: bool) -> list[tuple[str, str, Mask]]:
    categories = data.categories(by)
    colors = theme.category_colors(len(categories.names), is_dark)
    if by == CORRECTNESS:
        meaning = dict(zip((CORRECT, WRONG), theme.right_and_wrong(is_dark), strict=True))
        colors = [meaning[name] for name in categories.names]
    parts = [
        (name, color, rows & (categories.codes == code))
        for code, (name, color) in enumerate(zip(categories.names, colors, strict=True))
    ]
    return [*parts, ("unknown", theme.UNKNOWN[is_dark], rows & (categories.codes < 0))]


def _group(data: RunData, look: Look, name: str, color: str, rows: Mask, edges: Floats) -> Group:
    profile = metadata_profile(_readable_samples(data, look, rows), look.column, look.metric, edges=edges)
    if data.kind(look.column) == "category":
        return Group(name, color, profile, np.empty(0), np.empty(0), np.empty(0, dtype=object))
    x, y = data.numbers(look.column), data.numbers(look.metric)
    known = np.flatnonzero(rows & np.isfinite(x) & np.isfinite(y))
    return Group(name, color, profile, x[known], y[known], np.array(data.keys, dtype=object)[known])


def _readable_samples(data: RunData, look: Look, rows: Mask) -> pd.DataFrame:
    """The two columns; clusters, which are numbered, by name, as they have no order."""
    samples = pd.DataFrame({look.metric: data.numbers(look.metric)[rows]})
    if data.kind(look.column) == "number":
        return samples.assign(**{look.column: data.numbers(look.column)[rows]})
    values = data.frame.loc[rows, look.column].reset_index(drop=True)
    if data.role(look.column) == "cluster":
        values = values.map(lambda number: data.cluster_name(int(number)), na_action="ignore").astype("string")
    return samples.assign(**{look.column: values})
