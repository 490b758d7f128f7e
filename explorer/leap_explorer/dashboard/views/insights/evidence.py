"""The evidence of an insight in words, for readers who have not seen a p-value before."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from leap_explorer.dashboard.theme import number, percent
from leap_explorer.insights import Insight
from leap_explorer.insights.filters import readable, readable_value

Evidence = Mapping[str, Any]

INTERVAL_HELP = (
    "How far chance may have moved the number: in 95 of 100 samplings of such data, an interval made like this holds "
    "the true value."
)

#: Cohen's bounds of a difference in standard deviations.
_SIZES = ((0.2, "hardly any"), (0.5, "small"), (0.8, "medium"))

_TINY = 0.0001


def evidence_in_words(insight: Insight) -> list[tuple[str, str]]:
    """(name, sentence) of each piece of evidence that is there."""
    return [pair for piece in _PIECES for pair in piece(insight, insight.evidence)]


def sides(insight: Insight) -> tuple[str, str]:
    """What the insight's samples, and those that they are compared with, are called."""
    if insight.subkind == "over_fitting":
        return "held-out samples", "training samples"
    if insight.kind == "domain_gap" and insight.evidence.get("by") == "subset":
        return "this subset", "training samples"
    return "these samples", "the others"


def effect_in_words(effect: Mapping[str, float]) -> str:
    """`medium: 0.55 standard deviations higher (0.31 to 0.79)`."""
    size = next((name for bound, name in _SIZES if abs(effect["value"]) < bound), "large")
    direction = "higher" if effect["value"] > 0 else "lower"
    low, high = sorted((abs(effect["low"]), abs(effect["high"])))
    return f"{size}: {abs(effect['value']):.2f} standard deviations {direction} ({low:.2f} to {high:.2f})"


def chance_in_words(p: float) -> str:
    """A p-value as a frequency."""
    if p < _TINY:
        return "in fewer than 1 of 10,000 cases"
    return f"in about {p:.1%} of cases".replace("%", " %")


def _loss(insight: Insight, evidence: Evidence) -> Iterator[tuple[str, str]]:
    inside, outside, difference = (evidence.get(name) for name in ("loss_inside", "loss_outside", "difference"))
    if inside is None or outside is None or not difference:
        return
    here, there = sides(insight)
    text = f"The mean is {number(inside)} for {here} and {number(outside)} for {there}"
    if difference.get("low") is None:
        yield "Loss", f"{text}; there are too few to say how certain the difference is."
        return
    sign = "higher" if difference["value"] > 0 else "lower"
    bounds = f"{_signed(difference['low'])} to {_signed(difference['high'])}"
    yield "Loss", f"{text}: {number(abs(difference['value']))} {sign} (95 % interval of the difference {bounds})."


def _errors(insight: Insight, evidence: Evidence) -> Iterator[tuple[str, str]]:
    here, there = sides(insight)
    found = [(name, evidence.get(key)) for name, key in ((here, "errors_inside"), (there, "errors_outside"))]
    parts = [f"{_rate(rate)} of {name}" for name, rate in found if rate]
    if parts:
        yield "Wrong predictions", "; ".join(parts) + "."


def _chance(_insight: Insight, evidence: Evidence) -> Iterator[tuple[str, str]]:
    p = evidence.get("p_corrected", evidence.get("p_value"))
    if p is None:
        return
    comparisons = int(evidence.get("comparisons") or 1)
    corrected = f", already corrected for the {comparisons:,} comparisons made" if comparisons > 1 else ""
    yield "Chance alone", f"If nothing were behind it, so large a result would come up {chance_in_words(p)}{corrected}."


def _excess(_insight: Insight, evidence: Evidence) -> Iterator[tuple[str, str]]:
    share = evidence.get("excess_loss_share")
    if share:
        yield (
            "What it costs",
            f"{percent(share)} of the held-out loss would vanish were these samples as good as average.",
        )


def _outliers(_insight: Insight, evidence: Evidence) -> Iterator[tuple[str, str]]:
    if "limit" not in evidence:
        return
    share = evidence["share"]
    yield (
        "How many",
        f"{percent(share['value'])} have an outlier score above {number(evidence['limit'])} (95 % interval "
        f"{_percents(share)}); of the training samples {percent(evidence['expected_share'])} do.",
    )
    for name, counts in evidence.get("by_subset", {}).items():
        yield f"In {name}", f"{counts['beyond']:,} of {counts['n']:,} samples."


def _copies(_insight: Insight, evidence: Evidence) -> Iterator[tuple[str, str]]:
    if "groups" not in evidence:
        return
    groups, identical = int(evidence["groups"]), int(evidence.get("identical_groups") or 0)
    yield "Groups", f"{groups:,} groups of samples that repeat each other; in {identical:,} of them letter for letter."
    if evidence.get("training_twins") is not None:
        yield "In training", f"{evidence['training_twins']:,} training samples have a twin here."
    if differing := evidence.get("different_ground_truths"):
        yield "Contradictions", f"{differing:,} groups hold different labels for the same content."
    if evidence.get("near_identical_searched"):
        threshold = percent(evidence.get("near_identical_threshold"), 0)
        yield (
            "What counts",
            f"Samples that share an estimated {threshold} or more of their runs of words count as repeated.",
        )
    else:
        yield "What counts", "Only wholly identical samples were looked for."


def _labels(_insight: Insight, evidence: Evidence) -> Iterator[tuple[str, str]]:
    if "flips" not in evidence:
        return
    share = evidence["share"]
    yield (
        "Doubtful labels",
        f"{evidence['flips']:,}, which is {percent(share['value'])} of the labels looked at (95 % interval "
        f"{_percents(share)}); {evidence['ambiguous']:,} more could be either.",
    )
    if errors := evidence.get("wrong_predictions"):
        yield (
            "Wrong predictions",
            f"{errors['doubtful']:,} of the {errors['n']:,} wrong predictions have a doubtful label.",
        )
    if left_out := evidence.get("training_samples_left_out"):
        yield (
            "Left out",
            f"{left_out:,} training samples: the model has seen their labels, so that it cannot judge them.",
        )


def _shifts(_insight: Insight, evidence: Evidence) -> Iterator[tuple[str, str]]:
    for row in evidence.get("shifted") or []:
        name = readable(row["column"]) + (f" is {row['value']}" if row.get("value") is not None else "")
        cost = row.get("loss_share") or 0.0
        text = f"Distance of the two distributions {number(row['distance'])} (0: the same, 1: nothing in common)."
        if cost > 0:
            text += f" {percent(cost)} of the loss here goes with it."
        yield name[0].upper() + name[1:], text


def _clusters(_insight: Insight, evidence: Evidence) -> Iterator[tuple[str, str]]:
    for row in evidence.get("widest_clusters") or []:
        yield (
            f"In cluster {row['cluster']}",
            f"Held-out loss {number(row['loss_inside'])} ({row['n_held_out']:,} samples), training loss "
            f"{number(row['loss_outside'])} ({row['n_training']:,} samples).",
        )


_PIECES: tuple[Callable[[Insight, Evidence], Iterator[tuple[str, str]]], ...] = (
    _outliers, _copies, _labels, _loss, _errors, _excess, _shifts, _chance, _clusters,
)  # fmt: skip


def side_value(row: Mapping[str, Any], side: str) -> str:
    """The mean, or the share of a value, of one side of a distinguishing metadata column."""
    return percent(row[side]) if row.get("value") is not None else readable_value(float(f"{row[side]:.4g}"))


def _rate(rate: Mapping[str, Any]) -> str:
    return f"{percent(rate['share'])} ({rate['errors']:,} of {rate['n']:,}; 95 % interval {_percents(rate)})"


def _percents(interval: Mapping[str, float]) -> str:
    return f"{100 * interval['low']:.1f} to {100 * interval['high']:.1f} %"


def _signed(value: float) -> str:
    return f"{'+' if value > 0 else ''}{number(value)}"
