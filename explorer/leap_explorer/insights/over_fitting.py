"""Over-fitting: the held-out samples are answered worse than those that the model was trained on."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.insights.checks import status_quo
from leap_explorer.insights.comparisons import SIGNIFICANCE, difference_evidence, welch
from leap_explorer.insights.in_words import (
    chance_sentence,
    error_sentence,
    loss_sentence,
    severity_interval_in_words,
)
from leap_explorer.insights.insight import Insight, new_insight, slug
from leap_explorer.insights.kind import Kind, Sentence
from leap_explorer.insights.low_performance import NAME as KIND
from leap_explorer.insights.one_column import SMALLEST_SLICE, held_out_filter
from leap_explorer.insights.probabilities import labels_of, normalised, probabilities
from leap_explorer.insights.rows import (
    TRAINING,
    Mask,
    NotApplicable,
    finite_loss,
    held_out,
    in_subset,
    known,
    numbers,
    wrong,
)
from leap_explorer.insights.severity import MEDIUM, NONE
from leap_explorer.insights.wording import decimals, error_rate, of_total, share
from leap_explorer.intervals import Estimate, mean_interval

NAME = "over_fitting"

#: Clusters that the evidence names, those with the widest gap.
_CLUSTERS = 3

#: The hottest temperature that is tried.
_HOTTEST = 100.0
_SEED = 0

Floats = npt.NDArray[np.float64]


def find_over_fitting(samples: pd.DataFrame) -> list[Insight]:
    """One insight if the mean held-out loss is significantly above the mean training loss (Welch's test, p < 0.05).

    Any model does better on what it was trained on, so the gap itself is no fault. Its severity is what can be
    removed of it, see `over_confidence`: training too long or too freely shows as predictions that are surer than they
    are right. 0 of a model without probabilities, of which nothing tells whether its gap is a usual one.

    Raises:
        NotApplicable: there is no training or no held-out sample with a loss, or a loss is infinite.
    """
    training = in_subset(samples, TRAINING) & known(samples, "loss")
    others = held_out(samples)
    if not training.any() or not others.any():
        raise NotApplicable("it takes both training and other samples with a loss")
    loss = finite_loss(samples)
    difference = welch(loss[others], loss[training])
    if not (difference.value > 0 and difference.p < SIGNIFICANCE):
        return []
    conditions, n = held_out_filter(samples), int(others.sum())
    errors, severity = _errors(samples, others, training), _severity(samples, others)
    evidence = {
        **difference_evidence(difference),
        "p_value": difference.p,
        "comparisons": 1,
        "n_training": int(training.sum()),
        "over_confidence": severity.to_dict() if severity else None,
        "errors_inside": errors[0],
        "errors_outside": errors[1],
        "error_difference": _error_difference(samples, others, training),
        "widest_clusters": _widest_clusters(samples, others, training),
    }
    return [
        new_insight(
            samples,
            KIND,
            (NAME,),
            subkind=NAME,
            title=_title(evidence, n, int(training.sum())),
            severity=severity or NONE,
            n_total=n,
            conditions=conditions,
            evidence=evidence,
            test=status_quo(samples, slug(KIND, NAME), conditions),
        )
    ]


def over_confidence(values: Floats, truth: npt.NDArray[np.intp]) -> Estimate:
    """Share of the cross-entropy that one temperature of 1 or more removes, with the 95 % interval of its mean.

    The temperature divides the logits (Guo et al. 2017, "On Calibration of Modern Neural Networks"). That of each half
    of the samples, at random, is measured on the other, so that nothing is judged by what it was fitted on.

    Args:
        values: [n, labels], probabilities above 0.
        truth: [n], the index of the right label.
    """
    logits, order = np.log(values), np.random.default_rng(_SEED).permutation(len(values))
    saved, before = np.zeros(len(values)), _cross_entropy(logits, truth)
    halves = order[::2], order[1::2]
    for fitted, judged in (halves, halves[::-1]):
        temperature = _temperature(logits[fitted], truth[fitted])
        saved[judged] = before[judged] - _cross_entropy(logits[judged] / temperature, truth[judged])
    ends = np.array([saved.mean(), *mean_interval(saved)]) / before.mean()
    return Estimate(*map(float, np.clip(ends, 0.0, 1.0)))


def _temperature(logits: Floats, truth: npt.NDArray[np.intp]) -> float:
    from scipy.optimize import minimize_scalar

    bounds = 0.0, float(np.log(_HOTTEST))
    found = minimize_scalar(lambda log: _cross_entropy(logits / np.exp(log), truth).mean(), bounds=bounds)
    return float(np.exp(found.x))


def _cross_entropy(logits: Floats, truth: npt.NDArray[np.intp]) -> Floats:
    """[n], of [n, labels] logits."""
    from scipy.special import log_softmax

    return -log_softmax(logits, axis=1)[np.arange(len(truth)), truth]


def _severity(samples: pd.DataFrame, others: Mask) -> Estimate | None:
    """Of the held-out samples; None where the model gives no probabilities of their labels."""
    labels = labels_of(samples)
    if len(labels) < 2:
        return None
    values = probabilities(samples, labels)
    truth = pd.Index(labels, dtype=object).get_indexer(pd.Index(samples["ground_truth"]))
    rows = np.flatnonzero(others & (truth >= 0) & ~np.isnan(values).any(axis=1))
    if len(rows) < 2:
        return None
    return over_confidence(normalised(values[rows]), truth[rows])


def _errors(samples: pd.DataFrame, *masks: Mask) -> list[dict[str, Any] | None]:
    errors = wrong(samples)
    return [error_rate(errors[mask]) if errors is not None else None for mask in masks]


def _error_difference(samples: pd.DataFrame, others: Mask, training: Mask) -> dict[str, float] | None:
    """Held-out less training error rate, with Welch's 95 % interval; None for what is no classifier."""
    errors = wrong(samples)
    if errors is None:
        return None
    judged = ~np.isnan(errors)
    return welch(errors[others & judged], errors[training & judged]).estimate.to_dict()


def _widest_clusters(samples: pd.DataFrame, others: Mask, training: Mask) -> list[dict[str, Any]]:
    """The clusters with the widest gap between held-out and training loss, of those with enough samples of both."""
    if "cluster" not in samples.columns:
        return []
    loss, cluster = numbers(samples["loss"]), numbers(samples["cluster"])
    rows = []
    for number in np.unique(cluster[~np.isnan(cluster)]):
        held, trained = others & (cluster == number), training & (cluster == number)
        if min(held.sum(), trained.sum()) >= SMALLEST_SLICE:
            difference = welch(loss[held], loss[trained])
            counts = {"cluster": int(number), "n_held_out": int(held.sum()), "n_training": int(trained.sum())}
            rows.append({**counts, **difference_evidence(difference)})
    return sorted(rows, key=lambda row: -row["difference"]["value"])[:_CLUSTERS]


def _title(evidence: dict[str, Any], n: int, n_training: int) -> str:
    inside, outside, excess = evidence["errors_inside"], evidence["errors_outside"], evidence["over_confidence"]
    wrongly = (
        f", and {share(inside['errors'], inside['n'])} are wrong against {share(outside['errors'], outside['n'])}"
        if inside and outside
        else ""
    )
    head = "The model does better on what it was trained on, as models do"
    if excess and excess["value"] >= MEDIUM:
        head = f"The model is over-fitted: {share(excess['value'], 1)} of its held-out loss is over-confidence"
    means = decimals(evidence["loss_inside"]), decimals(evidence["loss_outside"])
    return (
        f"{head}: the mean loss of held-out samples is {means[0]}, that of training samples {means[1]}{wrongly} "
        f"({of_total(n, n)} held-out and {n_training:,} training samples)."
    )


def _sides(_insight: Insight) -> tuple[str, str]:
    return "held-out samples", "training samples"


def _in_words(insight: Insight) -> Iterator[Sentence]:
    yield from loss_sentence(insight, _sides(insight))
    yield from error_sentence(insight, _sides(insight))
    if excess := insight.evidence.get("over_confidence"):
        ends = severity_interval_in_words(insight)
        part = share(excess["value"], 1) + (f" (95 % interval {ends})" if ends else "")
        yield (
            "Over-confidence",
            f"{part} of the held-out loss would vanish were the model only as sure as it is right. The rest of the "
            "gap is what any model has.",
        )
    yield from chance_sentence(insight)
    for row in insight.evidence.get("widest_clusters") or []:
        yield (
            f"In cluster {row['cluster']}",
            f"Held-out loss {decimals(row['loss_inside'])} ({row['n_held_out']:,} samples), training loss "
            f"{decimals(row['loss_outside'])} ({row['n_training']:,} samples).",
        )


def _action(insight: Insight) -> str:
    if insight.severity < MEDIUM:
        return "leave the training length as it is, since the gap costs next to nothing"
    return "stop the training earlier or regularise it more, since the model is surer than it is right"


OVER_FITTING = Kind(NAME, lambda subject: find_over_fitting(subject.samples), _in_words, _action, _sides)
