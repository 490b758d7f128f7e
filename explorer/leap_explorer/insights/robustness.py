"""Robustness: changes that simulations made to samples, and that the model answers worse for."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from leap_explorer.insights.change import Change, paired_mean, paired_share
from leap_explorer.insights.checks import status_quo
from leap_explorer.insights.comparisons import SIGNIFICANCE, holm
from leap_explorer.insights.filters import Condition
from leap_explorer.insights.in_words import chance_sentence, error_sentence, loss_sentence
from leap_explorer.insights.insight import Insight, new_insight, slug
from leap_explorer.insights.kind import Kind, Sentence
from leap_explorer.insights.rows import NotApplicable, finite_loss, held_out, wrong
from leap_explorer.insights.wording import decimals, error_rate, share
from leap_explorer.intervals import Estimate
from leap_explorer.runs.held_out import ADDITIONAL
from leap_explorer.runs.simulated import CHANGE, Rows, changes_of, originals_of

NAME = "robustness"


@dataclass(frozen=True)
class _Changed:
    """A change's samples and, pair by pair, what they are made of."""

    change: str
    made: Rows
    originals: Rows
    loss: Change
    error: Change | None  #: None of what is no classifier

    @property
    def judged(self) -> Change:
        """What decides: the error rate of a classifier, else the loss."""
        return self.error or self.loss


def find_robustness(samples: pd.DataFrame) -> list[Insight]:
    """One insight for each change whose samples are answered worse than the same ones as they were written.

    Worse is a higher error rate of a classifier (McNemar's exact test), else a higher mean loss (paired t-test), with
    p < 0.05 after Holm's correction over the run's changes. The severity is the share of the changed samples' loss that
    would vanish were they answered as well as their originals.

    Raises:
        NotApplicable: there is no simulated sample beside its original (`evaluate --simulate` makes them), or a loss is
            infinite.
    """
    changes = _changes(samples) if CHANGE in samples else []
    if not changes:
        raise NotApplicable("there is no simulated sample beside its original (`evaluate --simulate` makes them)")
    corrected = holm([one.judged.p for one in changes])
    return [
        _insight(samples, one, float(p), len(changes))
        for one, p in zip(changes, corrected, strict=True)
        if one.judged.value > 0 and p < SIGNIFICANCE
    ]


def _changes(samples: pd.DataFrame) -> list[_Changed]:
    loss, errors, is_held_out = finite_loss(samples), wrong(samples), held_out(samples)
    found = []
    for change, rows in changes_of(samples).items():
        made, originals = originals_of(samples, rows)
        kept = is_held_out[originals] & np.isfinite(loss[made])
        made, originals = made[kept], originals[kept]
        if len(made):
            error = None if errors is None else paired_share(errors[originals], errors[made])
            found.append(_Changed(change, made, originals, paired_mean(loss[originals], loss[made]), error))
    return found


def _insight(samples: pd.DataFrame, one: _Changed, p: float, changes: int) -> Insight:
    conditions = (Condition("subset", "==", ADDITIONAL), Condition(CHANGE, "==", one.change))
    evidence = _evidence(samples, one) | {"p_value": one.judged.p, "p_corrected": p, "comparisons": changes}
    return new_insight(
        samples,
        NAME,
        (one.change,),
        title=_title(evidence),
        severity=_severity(one.loss),
        n_total=len(one.made),
        conditions=conditions,
        evidence=evidence,
        test=status_quo(samples, slug(NAME, one.change), conditions),
    )


def _evidence(samples: pd.DataFrame, one: _Changed) -> dict[str, Any]:
    errors = wrong(samples)
    said = [samples["prediction"].iloc[rows].astype(str).to_numpy() for rows in (one.originals, one.made)]
    rates = [None if errors is None else error_rate(errors[rows]) for rows in (one.made, one.originals)]
    return {
        "change": one.change,
        "n_pairs": len(one.made),
        "loss_inside": one.loss.new,
        "loss_outside": one.loss.base,
        "difference": one.loss.estimate.to_dict(),
        "errors_inside": rates[0],
        "errors_outside": rates[1],
        "error_difference": one.error.estimate.to_dict() if one.error else None,
        "flips": None if one.error is None else int(np.count_nonzero(said[0] != said[1])),
    }


def _severity(loss: Change) -> Estimate:
    if not loss.new > 0:
        return Estimate(0.0, 0.0, 0.0)
    ends = np.array([loss.value, loss.estimate.low, loss.estimate.high]) / loss.new
    return Estimate(*map(float, np.clip(ends, 0.0, 1.0)))


def _title(evidence: dict[str, Any]) -> str:
    """Such as `typos:rate=0.2 costs 3.4 % more errors: 10.7 % wrong against 7.3 % as written (the same 9 samples).`"""
    change, n = evidence["change"], f"the same {evidence['n_pairs']:,} samples"
    here, there = evidence["errors_inside"], evidence["errors_outside"]
    if here is None or there is None:
        means = decimals(evidence["loss_inside"]), decimals(evidence["loss_outside"])
        return f"{change} costs loss: {means[0]} on average against {means[1]} as written ({n})."
    more = share(evidence["error_difference"]["value"], 1)
    wrongly = f"{share(here['share'], 1)} wrong against {share(there['share'], 1)} as written"
    return f"{change} costs {more} more errors: {wrongly} ({n})."


def _sides(_insight: Insight) -> tuple[str, str]:
    return "changed samples", "the same as written"


def _in_words(insight: Insight) -> Iterator[Sentence]:
    yield from loss_sentence(insight, _sides(insight))
    yield from error_sentence(insight, _sides(insight))
    if difference := insight.evidence.get("error_difference"):
        low, high = 100 * difference["low"], 100 * difference["high"]
        yield (
            "More errors",
            f"{100 * difference['value']:+.1f} % (95 % interval {low:+.1f} to {high:+.1f}) on the same samples; "
            f"{insight.evidence['flips']:,} predictions flip.",
        )
    yield from chance_sentence(insight)


def _action(insight: Insight) -> str:
    return f"train on samples changed like this too ({insight.evidence.get('change', 'as the simulation does')})"


def _headline(insight: Insight) -> str:
    """What it costs; the change itself may hold a colon."""
    return insight.title.rpartition(": ")[0] or insight.title


ROBUSTNESS = Kind(NAME, lambda subject: find_robustness(subject.samples), _in_words, _action, _sides, _headline)
