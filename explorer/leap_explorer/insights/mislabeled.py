"""Mislabelled samples: labels that a model which has not seen them confidently contradicts."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.errors import ExplorerError
from leap_explorer.insights.checks import status_quo
from leap_explorer.insights.distinguishing import distinguishing_metadata
from leap_explorer.insights.filters import Condition
from leap_explorer.insights.in_words import percents
from leap_explorer.insights.insight import Insight, new_insight, slug
from leap_explorer.insights.kind import Kind, Sentence
from leap_explorer.insights.probabilities import PREFIX, labels_of, normalised, probabilities
from leap_explorer.insights.rows import (
    ADDITIONAL,
    TRAINING,
    Columns,
    Mask,
    NotApplicable,
    evaluated,
    held_out,
    in_subset,
    numbers,
    type_of,
    wrong,
)
from leap_explorer.insights.severity import counted, removable
from leap_explorer.insights.wording import of_total, share
from leap_explorer.intervals import Estimate, wilson_interval

NAME = "mislabeled"

#: Of `label_issues`: the label is likely wrong, or it could be either.
LIKELY, BORDERLINE = "flip", "ambiguous"

#: A label is ambiguous where the two largest probabilities differ by less: of two labels, both are within 0.4-0.6.
AMBIGUOUS_MARGIN = 0.2

_EXAMPLES = 20
_ROUNDING = 1e-6  # differences below it come of adding numbers up

Floats = npt.NDArray[np.float64]


def label_issues(samples: pd.DataFrame, out_of_sample: pd.DataFrame | None = None) -> pd.DataFrame:
    """Doubtful labels, the most suspicious first.

    Only out-of-sample probabilities are used: the run's own of every subset but training, and for training samples
    those in `out_of_sample` (columns `id` and `probability_<label>`), without which they are left out.

    Returns the columns `id`, `subset`, `ground_truth`, `suggested` (the most probable other label), `quality` (the
    probability of the given label, 0-1, lower is more suspicious) and `kind`:
    - `flip`: the sample is confidently of another label in the sense of confident learning (Northcutt et al. 2021,
      "Confident Learning"): that label is the most probable one and its probability is no lower than the average one
      that samples given that label have. Averages are taken over training, additional and the other subsets apart.
    - `ambiguous`: no flip, and the two largest probabilities differ by less than 0.2.

    Raises:
        NotApplicable: the run is no classifier's, or no label has an out-of-sample probability.
        ExplorerError: `out_of_sample` lacks a column.
    """
    found = [_issues_of(samples, rows, values) for rows, values in _sources(samples, out_of_sample)]
    if not found:
        raise NotApplicable("no labelled sample has an out-of-sample probability")
    return pd.concat(found, ignore_index=True).sort_values("quality", kind="stable", ignore_index=True)


def find_mislabeled(
    samples: pd.DataFrame, columns: Columns, out_of_sample: pd.DataFrame | None = None
) -> list[Insight]:
    """One insight for each subset with confidently contradicted labels (`flip` in `label_issues`).

    Raises:
        NotApplicable: as `label_issues`.
        ExplorerError: `out_of_sample` lacks a column.
    """
    issues = label_issues(samples, out_of_sample)
    examined = np.zeros(len(samples), dtype=bool)
    for rows, _ in _sources(samples, out_of_sample):
        examined[rows] = True
    left_out = int((_labelled(samples) & ~examined).sum())
    return [
        _insight(samples, columns, str(name), of_subset, examined, left_out)
        for name, of_subset in issues.groupby("subset", sort=False)
        if (of_subset["kind"] == LIKELY).any()
    ]


def likely_mislabelled(insights: Iterable[Insight]) -> int:
    """The likely mislabelled samples of all subsets: the number of `LIKELY` issues."""
    return sum(one.n_samples for one in insights if one.kind == NAME)


def are_confidently_other(given: npt.NDArray[np.intp], probabilities: Floats) -> Mask:
    """[n], which samples are confidently of another label than `given` [n], by their `probabilities` [n, labels].

    A sample is confident of the labels whose probability reaches the average that samples given that label have; of
    several the most probable one counts (the confident joint of Northcutt et al. 2021). It is of another label if that
    is not the given one, nor is the most probable. Where all are given one label, nothing says what confident of
    another one would be, and none is.
    """
    known = np.unique(given)
    thresholds = np.full(probabilities.shape[1], np.inf)
    thresholds[known] = [probabilities[given == label, label].mean() for label in known]
    is_confident = probabilities >= thresholds - _ROUNDING
    is_of = np.where(is_confident.sum(axis=1) > 1, probabilities.argmax(axis=1), is_confident.argmax(axis=1))
    is_doubted = probabilities[np.arange(len(given)), given] < probabilities.max(axis=1) - _ROUNDING
    return is_confident.any(axis=1) & (is_of != given) & is_doubted


def check_out_of_sample(table: pd.DataFrame, labels: Sequence[str]) -> None:
    """Make sure that the table has an `id` and a number for the probability of each label.

    Raises:
        ExplorerError: it lacks a column, or one holds something else than numbers from 0 to 1.
    """
    names = [PREFIX + label for label in labels]
    if missing := {"id", *names} - set(table.columns):
        raise ExplorerError(f"The table of out-of-sample probabilities lacks {', '.join(sorted(missing))}.")
    for name in names:
        if not pd.api.types.is_numeric_dtype(table[name]):
            raise ExplorerError(f"The table of out-of-sample probabilities holds no numbers under {name}.")
        values = numbers(table[name])
        if (outside := values[(values < -_ROUNDING) | (values > 1 + _ROUNDING)]).size:
            raise ExplorerError(
                f"The table of out-of-sample probabilities holds {outside[0]:g} under {name}, which is not from 0 to 1."
            )


def _labelled(samples: pd.DataFrame) -> Mask:
    """Evaluated samples whose ground truth is one of the classifier's labels.

    Raises:
        NotApplicable: the run is no classifier's.
    """
    labels = labels_of(samples)
    if len(labels) < 2 or "ground_truth" not in samples.columns or type_of(samples["ground_truth"]) != "string":
        raise NotApplicable("the model is no classifier with a probability for each label")
    return evaluated(samples) & samples["ground_truth"].isin(labels).to_numpy(dtype=bool)


def _sources(
    samples: pd.DataFrame, out_of_sample: pd.DataFrame | None
) -> Iterator[tuple[npt.NDArray[np.intp], Floats]]:
    """Rows of samples and their out-of-sample probabilities, from each model that they come from."""
    labels = labels_of(samples)
    labelled, training = _labelled(samples), in_subset(samples, TRAINING)
    simulated = in_subset(samples, ADDITIONAL)
    for apart in (labelled & ~training & ~simulated, labelled & simulated):
        yield from _complete(apart, probabilities(samples, labels))
    if out_of_sample is not None:
        check_out_of_sample(out_of_sample, labels)
        given = out_of_sample.drop_duplicates("id").set_index("id").reindex(samples["id"])
        yield from _complete(labelled & training, probabilities(given, labels))


def _complete(mask: Mask, values: Floats) -> Iterator[tuple[npt.NDArray[np.intp], Floats]]:
    """The rows that have every probability, if there are any; their sums, which rounding made differ from 1, are 1."""
    rows = np.flatnonzero(mask & ~np.isnan(values).any(axis=1))
    if len(rows):
        yield rows, normalised(values[rows])


def _issues_of(samples: pd.DataFrame, rows: npt.NDArray[np.intp], given_to: Floats) -> pd.DataFrame:
    labels = np.array(labels_of(samples), dtype=object)
    given = pd.Index(labels).get_indexer(samples["ground_truth"].iloc[rows])
    flip = are_confidently_other(given, given_to)
    quality = given_to[np.arange(len(rows)), given]
    largest = np.sort(given_to, axis=1)[:, -2:]
    ambiguous = ~flip & (largest[:, 1] - largest[:, 0] < AMBIGUOUS_MARGIN)
    others = given_to.copy()
    others[np.arange(len(rows)), given] = -1.0
    issues = pd.DataFrame(
        {
            "id": samples["id"].iloc[rows].to_numpy(),
            "subset": samples["subset"].iloc[rows].to_numpy(),
            "ground_truth": labels[given],
            "suggested": labels[others.argmax(axis=1)],
            "quality": quality,
            "kind": np.where(flip, LIKELY, BORDERLINE),
        }
    )
    return issues[flip | ambiguous]


def _insight(
    samples: pd.DataFrame, columns: Columns, name: str, issues: pd.DataFrame, all_examined: Mask, left_out: int
) -> Insight:
    examined = all_examined & (samples["subset"] == name).to_numpy(dtype=bool, na_value=False)
    flips = issues[issues["kind"] == LIKELY]
    n, total = len(flips), int(examined.sum())
    flagged = examined & samples["id"].isin(flips["id"]).to_numpy(dtype=bool)
    errors = _wrong_predictions(samples, examined, flagged) if name != TRAINING else None
    evidence = {
        "flips": n,
        "ambiguous": int((issues["kind"] == BORDERLINE).sum()),
        "share": Estimate(n / total, *wilson_interval(n, total)).to_dict(),
        "wrong_predictions": errors,
        "training_samples_left_out": left_out,
        "definition": "confidently of another label by the thresholds of confident learning, out of sample",
        "examples": flips.head(_EXAMPLES)[["id", "ground_truth", "suggested", "quality"]].to_dict("records"),
    }
    conditions = Condition("subset", "==", name), Condition("id", "in", tuple(flips["id"].astype(str)))
    return new_insight(
        samples,
        NAME,
        (name,),
        title=_title(name, n, total, errors),
        severity=_severity(samples, flagged, n, total),
        n_total=total,
        conditions=conditions,
        evidence=evidence,
        distinguishing=distinguishing_metadata(samples, flagged, examined & ~flagged, columns),
        test=status_quo(samples, slug(NAME, name), conditions),
    )


def _wrong_predictions(samples: pd.DataFrame, examined: Mask, flagged: Mask) -> dict[str, Any] | None:
    """How many wrong predictions there are, and on how many of them the label is in doubt."""
    errors = wrong(samples)
    if errors is None:
        return None
    return {"n": int((errors[examined] == 1).sum()), "doubtful": int((errors[flagged] == 1).sum())}


def _severity(samples: pd.DataFrame, flagged: Mask, n: int, total: int) -> Estimate:
    """The excess of the held-out loss on the flagged samples; of training labels, their share.

    An upper bound: a doubt is not yet a wrong label.
    """
    held = held_out(samples)
    return removable(numbers(samples["loss"]), flagged, held) if (flagged & held).any() else counted(n, total)


def _title(name: str, n: int, total: int, errors: dict[str, Any] | None) -> str:
    doubts = f"{of_total(n, total)} {name} labels ({share(n, total)}) are likely mislabelled"
    reason = "a model that was not trained on these samples is confident of another label"
    if not errors or not errors["doubtful"]:
        return f"{doubts}: {reason}."
    explained = f"{of_total(errors['doubtful'], errors['n'])} wrong {name} predictions"
    return f"Label noise could explain {explained} ({share(errors['doubtful'], errors['n'])}): {doubts}, as {reason}."


def _in_words(insight: Insight) -> Iterator[Sentence]:
    evidence, likely = insight.evidence, insight.evidence.get("share")
    if not likely:
        return
    yield (
        "Likely mislabelled",
        f"{evidence['flips']:,}, which is {share(likely['value'], 1)} of the labels looked at (95 % interval "
        f"{percents(likely)}); {evidence['ambiguous']:,} more are borderline.",
    )
    if errors := evidence.get("wrong_predictions"):
        explained = of_total(errors["doubtful"], errors["n"])
        yield "Wrong predictions", f"{explained} are on a sample whose label is likely wrong."
    if left_out := evidence.get("training_samples_left_out"):
        yield "Left out", f"{left_out:,} training samples: the model was trained on their labels and cannot judge them."


def _action(insight: Insight) -> str:
    subset = next((f"{one.value} " for one in insight.filter if one.column == "subset"), "")
    return f"review the {insight.n_samples:,} {subset}labels that are likely wrong, on the page Labels"


MISLABELED = Kind(
    NAME,
    lambda subject: find_mislabeled(subject.samples, subject.columns, subject.out_of_sample),
    _in_words,
    _action,
)
