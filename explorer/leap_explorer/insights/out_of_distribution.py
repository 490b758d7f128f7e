"""Out of distribution: samples far from everything that the model was trained on."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.insights.checks import Check, status_quo
from leap_explorer.insights.comparisons import SIGNIFICANCE, difference_evidence, welch
from leap_explorer.insights.distinguishing import distinguishing_metadata
from leap_explorer.insights.filters import Condition, Filter
from leap_explorer.insights.in_words import chance_sentence, cost_sentence, loss_sentence, percents
from leap_explorer.insights.insight import Insight, new_insight, slug
from leap_explorer.insights.kind import Kind, Sentence, plain_sides
from leap_explorer.insights.one_column import restricted
from leap_explorer.insights.rows import (
    ADDITIONAL,
    NOT_HELD_OUT,
    TRAINING,
    Columns,
    Mask,
    NotApplicable,
    evaluated,
    held_out,
    in_subset,
    known,
    numbers,
    subsets,
)
from leap_explorer.insights.severity import NONE, counted, removable
from leap_explorer.insights.wording import decimals, of_total, share
from leap_explorer.intervals import Estimate, wilson_interval

NAME = "out_of_distribution"

#: Share of the training samples that lie beyond the limit.
EXPECTED = 0.01


def find_out_of_distribution(samples: pd.DataFrame, columns: Columns) -> list[Insight]:
    """Samples outside training and additional whose outlier score is above that of 99 % of the training samples.

    One insight if there are significantly more of them than chance puts there, or if their loss is significantly above
    the other held-out samples' (p < 0.05 each).

    Raises:
        NotApplicable: training or other samples have no outlier score.
    """
    scored = evaluated(samples) & known(samples, "outlier_score")
    training = in_subset(samples, TRAINING) & scored
    others = scored & ~training & ~in_subset(samples, ADDITIONAL)
    if not training.any() or not others.any():
        raise NotApplicable("it takes an outlier score of both training and other samples")
    scores = numbers(samples["outlier_score"])
    limit, training_beyond = training_limit(scores[training])
    far = others & (scores > limit)
    part, whole = int(far.sum()), int(others.sum())
    evidence = {
        "limit": limit,
        "share": Estimate(part / whole, *wilson_interval(part, whole)).to_dict(),
        "expected_share": training_beyond / int(training.sum()),
        "p_value": more_than_chance(part, whole, training_beyond, int(training.sum())),
        "by_subset": _by_subset(samples, far, others),
        **_loss_evidence(samples, far),
    }
    is_more = evidence["p_value"] < SIGNIFICANCE
    if not far.any() or not (is_more or evidence["excess_loss_share"] > 0):
        return []
    apart = [name for name in NOT_HELD_OUT if name == TRAINING or in_subset(samples, name).any()]
    beyond = (*(Condition("subset", "!=", name) for name in apart), Condition("outlier_score", ">", limit))
    conditions = restricted(samples, far, beyond)
    return [
        new_insight(
            samples,
            NAME,
            (),
            title=_title(evidence, part, whole),
            severity=_severity(samples, far, whole if is_more else 0),
            n_total=whole,
            conditions=conditions,
            evidence=evidence,
            distinguishing=distinguishing_metadata(samples, far, others & ~far, columns),
            test=_test(samples, conditions, far, evidence),
        )
    ]


def training_limit(scores: npt.NDArray[np.float64]) -> tuple[float, int]:
    """A score that at most 1 % of the training samples exceed, and how many would without ties.

    It is the (k + 1)-th largest, with k = 1 % of the samples rounded down.
    """
    beyond = int(EXPECTED * len(scores))
    return float(np.sort(scores)[len(scores) - 1 - beyond]), beyond


def more_than_chance(far: int, others: int, training_beyond: int, training: int) -> float:
    """Probability of `far` or more of the others beyond the limit, were they drawn as the training samples were.

    A binomial test whose expected share is itself only known from the training samples: as the limit is their
    (k + 1)-th largest score, that share is Beta(k + 1, training - k), so the count is beta-binomial.
    """
    from scipy import stats

    return float(stats.betabinom.sf(far - 1, others, training_beyond + 1, training - training_beyond))


def _by_subset(samples: pd.DataFrame, far: Mask, others: Mask) -> dict[str, dict[str, Any]]:
    masks = {name: in_subset(samples, name) & others for name in subsets(samples)}
    return {
        name: {"beyond": int((far & mask).sum()), "n": int(mask.sum())} for name, mask in masks.items() if mask.any()
    }


def _loss_evidence(samples: pd.DataFrame, far: Mask) -> dict[str, Any]:
    """Loss of the far held-out samples against the other held-out ones; the excess counts only if significant."""
    labelled = held_out(samples)
    if not (far & labelled).any():
        return {"excess_loss_share": 0.0}
    loss = numbers(samples["loss"])
    difference = welch(loss[far & labelled], loss[labelled & ~far])
    worse = difference.value > 0 and difference.p < SIGNIFICANCE
    return {
        **difference_evidence(difference),
        "loss_p_value": difference.p,
        "excess_loss_share": removable(loss, far, labelled).value if worse else 0.0,
    }


def _severity(samples: pd.DataFrame, far: Mask, others: int) -> Estimate:
    """The larger of the excess loss of those with a held-out loss, and the share of `others` that those without are."""
    held = held_out(samples)
    excess = removable(numbers(samples["loss"]), far, held) if held.any() else NONE
    return max(excess, counted(int((far & ~held).sum()), others), key=lambda one: one.value)


def _test(samples: pd.DataFrame, conditions: Filter, far: Mask, evidence: dict[str, Any]) -> Check:
    """Their loss must not rise; without any loss, neither must the share of samples that lie so far out."""
    name = slug(NAME)
    if (far & known(samples, "loss")).any():
        return status_quo(samples, name, conditions)
    high = wilson_interval(int(far.sum()), len(samples))[1]
    return Check(name, conditions, None, "share", "<=", high)


def _title(evidence: dict[str, Any], far: int, others: int) -> str:
    worse = (
        f"; their loss is {evidence['loss_inside']:.3g} on average against {evidence['loss_outside']:.3g}"
        if evidence["excess_loss_share"] > 0
        else ""
    )
    return (
        f"{of_total(far, others)} samples ({share(far, others)}) lie farther from their nearest training samples than "
        f"{share(1 - evidence['expected_share'], 1)} of the training samples themselves do{worse}."
    )


def _in_words(insight: Insight) -> Iterator[Sentence]:
    evidence, beyond = insight.evidence, insight.evidence.get("share")
    if not beyond:
        return
    yield (
        "How many",
        f"{share(beyond['value'], 1)} have an outlier score above {decimals(evidence['limit'])} (95 % interval "
        f"{percents(beyond)}); of the training samples {share(evidence['expected_share'], 1)} do.",
    )
    for name, counts in evidence.get("by_subset", {}).items():
        yield f"In {name}", f"{of_total(counts['beyond'], counts['n'])} samples."
    yield from loss_sentence(insight, plain_sides(insight))
    yield from cost_sentence(insight)
    yield from chance_sentence(insight)


def _action(insight: Insight) -> str:
    return f"add training samples like the {insight.n_samples:,} that lie far from all others"


OUT_OF_DISTRIBUTION = Kind(
    NAME, lambda subject: find_out_of_distribution(subject.samples, subject.columns), _in_words, _action
)
