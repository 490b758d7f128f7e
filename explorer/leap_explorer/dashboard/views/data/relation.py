"""How a metric goes with a column, in a sentence with its numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

from leap_explorer.dashboard.theme import number, percent
from leap_explorer.insights.shape import FEWEST
from leap_explorer.insights.wording import capitalised

Bin = Mapping[str, Any]

#: Of each `Shape.kind`, a word for a table.
SHAPES = {
    "rises": "rises",
    "falls": "falls",
    "peak": "peaks",
    "dip": "dips",
    "mixed": "up and down",
    "differs": "differs",
    "none": "none",
}

EXPLAINED_HELP = (
    "Share of the metric's variance that the column's ranges or values explain, adjusted for their number (adjusted "
    "R²): 100 % where the column tells all, 0 % where it tells nothing; below 0 % by chance. In brackets the 95 % "
    "interval."
)
SHAPE_HELP = (
    "How the metric's mean goes over the column's ranges. Every block of neighbouring ranges is compared with every "
    "later one; a shape is named where a difference is larger than all of them are by chance in 95 % of cases. Of "
    "columns that say nothing about the metric, about 1 in 20 has a shape by chance."
)


def relation_in_words(profile: Mapping[str, Any], column: str, metric: str) -> str:
    """The shape that `metadata_profile` found, with its means, and what the column explains.

    Args:
        column, metric: their titles, as within a sentence.
    """
    explained = profile["explained"]
    if explained is None:
        return f"Too few samples, or values that do not vary: nothing can be said of {metric} and {column}."
    share = percent(explained["value"])
    interval = f"95 % interval {signed(explained['low'])} to {signed(explained['high'])} %"
    sentence = _shape_in_words(profile, column, metric)
    return f"{sentence} {capitalised(column)} explains {share} of the variance in {metric} ({interval})."


def signed(share: float) -> str:
    """A share in per cent that may be below 0, without its sign of per cent; what rounds to 0 has no sign."""
    return f"{round(100 * share, 1) + 0.0:.1f}"


def _shape_in_words(profile: Mapping[str, Any], column: str, metric: str) -> str:
    kind, bins = profile["shape"]["kind"], profile["bins"]
    decimals = profile["decimals"]
    if kind in ("rises", "falls"):
        first, second = (bins[low : high + 1] for low, high in profile["shape"]["between"])
        how = f"rises with {column}" if kind == "rises" else f"falls as {column} rises"
        where = f"{number(_mean(first))} on average at {_span(first, decimals)}"
        where += f", {number(_mean(second))} at {_span(second, decimals)}"
        return f"{capitalised(metric)} {how}: {where}."
    if kind in ("peak", "dip"):
        low, high = profile["shape"]["at"]
        where = f"{column} is {_span(bins[low : high + 1], decimals)}"
        return _turn(kind, where, metric, bins[low : high + 1], [*bins[:low], *bins[high + 1 :]])
    if kind == "none":
        return f"No relation between {column} and {metric} stands out from chance."
    known = [one for one in bins if one["n"] >= FEWEST]
    most, least = (choose(known, key=lambda one: one["mean"]) for choose in (max, min))
    if kind == "differs":
        return (
            f"{capitalised(metric)} is highest where {_quoted(column)} is {most['label']} ({number(most['mean'])} on "
            f"average), lowest where it is {least['label']} ({number(least['mean'])})."
        )
    ends = f"{number(least['mean'])} on average at {least['label']}, {number(most['mean'])} at {most['label']}"
    return f"{capitalised(metric)} goes up and down with {column}: {ends}."


def _turn(kind: str, where: str, metric: str, there: Sequence[Bin], elsewhere: Sequence[Bin]) -> str:
    mean, rest = _mean(there), _mean(elsewhere)
    more = f", {abs(mean / rest - 1):.0%} {'more' if mean > rest else 'less'} than elsewhere" if rest > 0 else ""
    verb = "peaks" if kind == "peak" else "is lowest"
    return (
        f"{capitalised(metric)} {verb} where {where}: {number(mean)} on average"
        f"{more.replace('%', ' %')} ({number(rest)})."
    )


def _span(bins: Sequence[Bin], decimals: int) -> str:
    """From the lowest to the highest value of some neighbouring ranges."""
    return " to ".join(dict.fromkeys(f"{value:,.{decimals}f}" for value in (bins[0]["low"], bins[-1]["high"])))


def _mean(bins: Sequence[Bin]) -> float:
    return float(sum(one["n"] * one["mean"] for one in bins) / sum(one["n"] for one in bins))


def _quoted(column: str) -> str:
    """A title of several words can be a sentence of its own."""
    return f"“{column}”" if " " in column else column
