"""The report in five sentences: who, where it fails, label noise, what another model fixes, what to do."""

from collections.abc import Iterable, Sequence

import numpy as np

from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.theme import percent
from leap_explorer.dashboard.views.insights.status import insights_of
from leap_explorer.insights.kinds import kind_of
from leap_explorer.insights.mislabeled import MISLABELED, likely_mislabelled
from leap_explorer.insights.over_fitting import OVER_FITTING
from leap_explorer.insights.rows import held_out, wrong
from leap_explorer.insights.wording import capitalised, of_total, share
from leap_explorer.runs.figures import accuracy, figures
from leap_explorer.runs.summary import mean_loss

#: Actions that the last sentence names.
_ACTIONS = 3


def summary(runs: Sequence[RunData]) -> list[str]:
    """Five sentences, of the held-out samples."""
    alone = "there is one model here, so nothing says which of its errors another would fix"
    sentences = [
        _joined(_score(data) for data in runs),
        "; ".join(_weakness(data) for data in runs),
        "; ".join(_label_noise(data) for data in runs),
        "; ".join(_fixed(runs[0], other) for other in runs[1:]) or alone,
        _to_do(runs),
    ]
    names = tuple(data.name for data in runs)  # they are written as they are, at the start of a sentence too
    return [f"{one if one.startswith(names) else capitalised(one)}." for one in sentences]


def errors_of(data: RunData) -> set[str]:
    """Keys of the held-out samples that a classifier gets wrong; none of a regression."""
    is_wrong = wrong(data.frame)
    if is_wrong is None:
        return set()
    return {data.keys[row] for row in np.flatnonzero(held_out(data.frame) & (is_wrong == 1))}


def _score(data: RunData) -> str:
    samples = data.frame.loc[held_out(data.frame)]
    if data.labels and (right := accuracy(samples)):
        return f"{data.name} is right on {right.text(percent=True)} of {len(samples):,} held-out samples"
    if found := figures(data.run.task, samples):
        named = " and ".join(f"{one.name} {one.estimate.text(percent=one.is_share)}" for one in found)
        return f"{data.name} has {named} on {len(samples):,} held-out samples"
    loss = mean_loss(samples)
    if loss is None:
        return f"{data.name} has no held-out sample with a label"
    return f"{data.name} has a mean loss of {loss.text()} on {len(samples):,} held-out samples"


def _weakness(data: RunData) -> str:
    """The most severe finding that is of the model, not of its labels or its training."""
    found = [one for one in insights_of(data) if kind_of(one) not in (MISLABELED, OVER_FITTING)]
    if not found:
        return f"no group of samples stands out where {data.name} fails"
    top = found[0]
    severity = f"{percent(top.severity)} of the held-out loss at stake"
    return (
        f"{data.name} fails most here: {kind_of(top).headline(top)} ({of_total(top.n_samples, top.n_total)} samples, "
        f"{severity})"
    )


def _label_noise(data: RunData) -> str:
    found = [one for one in insights_of(data) if kind_of(one) is MISLABELED]
    if not found:
        return f"no label of {data.name} is likely mislabelled"
    errors = [one.evidence["wrong_predictions"] for one in found if one.evidence.get("wrong_predictions")]
    doubts = f"{likely_mislabelled(found):,} labels in all are likely mislabelled"
    if not errors:
        return f"by {data.name}, {doubts}"
    noisy, total = sum(one["doubtful"] for one in errors), sum(one["n"] for one in errors)
    explained = f"{of_total(noisy, total)} errors of {data.name} ({share(noisy, total)})"
    return f"label noise could explain {explained}, and {doubts}"


def _fixed(first: RunData, other: RunData) -> str:
    """What the other model gets right of the first one's errors, and what it breaks; of the samples of both."""
    both = set(first.keys) & set(other.keys)
    mine, others = errors_of(first) & both, errors_of(other) & both
    if not first.labels or first.labels != other.labels:
        return f"{first.name} and {other.name} are no classifiers of the same labels, so their errors are not compared"
    return (
        f"{other.name} is right on {of_total(len(mine - others), len(mine))} errors of {first.name}, and wrong on "
        f"{len(others - mine):,} that {first.name} gets right; {len(mine & others):,} are wrong with both"
    )


def _to_do(runs: Sequence[RunData]) -> str:
    """The actions on the most severe finding of each kind, but for low ones."""
    ranked = sorted((one for data in runs for one in insights_of(data)), key=lambda one: -one.severity)
    first_of_kind = {kind_of(one).name: one for one in reversed(ranked) if one.severity_label != "low"}
    chosen = sorted(first_of_kind.values(), key=lambda one: -one.severity)[:_ACTIONS]
    actions = [kind_of(one).action(one) for one in chosen]
    return f"what to do first: {'; '.join(actions)}" if actions else "nothing was found that asks for action"


def _joined(parts: Iterable[str]) -> str:
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last
