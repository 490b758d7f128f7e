"""Mislabelled samples: labels that a model which has not seen them confidently contradicts."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.insights.checks import status_quo
from leap_explorer.insights.distinguishing import distinguishing_metadata
from leap_explorer.insights.filters import Condition
from leap_explorer.insights.in_words import percents
from leap_explorer.insights.insight import Insight, new_insight, slug
from leap_explorer.insights.judges import THE_MODEL, Judge, Opinions, labelled, opinions
from leap_explorer.insights.kind import Kind, Sentence
from leap_explorer.insights.probabilities import labels_of
from leap_explorer.insights.rows import (
    ADDITIONAL,
    TRAINING,
    Columns,
    Mask,
    NotApplicable,
    held_out,
    in_subset,
    numbers,
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

#: What is known of how often such a doubt is right.
PRECISION = (
    "An estimate, to be checked by reading: of 1,310 labels of IMDb's test reviews that confident learning doubted, "
    "people found 725 wrong (55 %, 95 % interval 53-58; Northcutt, Athalye and Mueller 2021, Pervasive Label Errors in "
    "Test Sets). With other data and models it may be more or less."
)

_EXAMPLES = 20
_ROUNDING = 1e-6  # differences below it come of adding numbers up

Floats = npt.NDArray[np.float64]


def label_issues(
    samples: pd.DataFrame,
    out_of_sample: pd.DataFrame | None = None,
    others: Sequence[Judge] = (),
    name: str = THE_MODEL,
) -> pd.DataFrame:
    """Doubtful labels, the most suspicious first.

    Only out-of-sample probabilities are used: the run's own of every subset but training, for training samples those in
    `out_of_sample` (columns `id` and `probability_<label>`), and likewise those of other runs of the same samples.
    Where several models judge a sample the mean of their probabilities counts. A sample that none judges is left out.

    Returns the columns `id`, `subset`, `ground_truth`, `suggested` (the most probable other label), `quality` (the
    mean probability of the given label, 0-1, lower is more suspicious), `judges` (how many models judged the sample),
    `agree` (how many of them hold the suggested label for the most probable), and `kind`:
    - `flip`: the sample is confidently of another label in the sense of confident learning (Northcutt et al. 2021,
      "Confident Learning"): that label is the most probable one and its probability is no lower than the average one
      that samples given that label have. Averages are taken over samples that the same models judge, additional apart.
    - `ambiguous`: no flip, and the two largest probabilities differ by less than 0.2.

    Args:
        name: of the run's model, among the others.

    Raises:
        NotApplicable: the run is no classifier's, or no label has an out-of-sample probability.
        ExplorerError: a table of out-of-sample probabilities lacks a column.
    """
    return issues_by(samples, opinions(Judge(name, samples, out_of_sample), others))


def issues_by(samples: pd.DataFrame, said: Opinions) -> pd.DataFrame:
    """`label_issues` by what was said of the samples' labels.

    Raises:
        NotApplicable: as `label_issues`.
    """
    found = [_issues_of(samples, rows, said) for rows in said.by_who_judges(in_subset(samples, ADDITIONAL))]
    if not found:
        raise NotApplicable("no labelled sample has an out-of-sample probability")
    return pd.concat(found, ignore_index=True).sort_values("quality", kind="stable", ignore_index=True)


def find_mislabeled(
    samples: pd.DataFrame,
    columns: Columns,
    out_of_sample: pd.DataFrame | None = None,
    others: Sequence[Judge] = (),
    name: str = THE_MODEL,
) -> list[Insight]:
    """One insight for each subset with confidently contradicted labels (`flip` in `label_issues`).

    Raises:
        NotApplicable: as `label_issues`.
        ExplorerError: a table of out-of-sample probabilities lacks a column.
    """
    said = opinions(Judge(name, samples, out_of_sample), others)
    issues = issues_by(samples, said)
    return [
        _insight(samples, columns, str(subset), of_subset, said)
        for subset, of_subset in issues.groupby("subset", sort=False)
        if (of_subset["kind"] == LIKELY).any()
    ]


def judged_together(
    insights: Sequence[Insight], samples: pd.DataFrame, columns: Columns, own: Judge, others: Sequence[Judge]
) -> list[Insight]:
    """A run's insights, the most severe first, those of wrong labels as all models see them.

    They stay as they are where none is of wrong labels, where no other run has a sample in common, and of what is no
    classifier.
    """
    if not any(one.kind == NAME for one in insights):
        return list(insights)
    if not others or len(labels_of(samples)) < 2 or len(opinions(own, others).names) == len(opinions(own).names):
        return list(insights)
    rest = [one for one in insights if one.kind != NAME]
    joint = find_mislabeled(samples, columns, own.out_of_sample, others, own.name)
    return sorted([*rest, *joint], key=lambda one: (-one.severity, one.id))


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


def _issues_of(samples: pd.DataFrame, rows: npt.NDArray[np.intp], said: Opinions) -> pd.DataFrame:
    """Those among the rows, which the same models judge."""
    labels = np.array(labels_of(samples), dtype=object)
    given_to = said.mean[rows]
    given = pd.Index(labels).get_indexer(samples["ground_truth"].iloc[rows])
    flip = are_confidently_other(given, given_to)
    quality = given_to[np.arange(len(rows)), given]
    largest = np.sort(given_to, axis=1)[:, -2:]
    ambiguous = ~flip & (largest[:, 1] - largest[:, 0] < AMBIGUOUS_MARGIN)
    others = given_to.copy()
    others[np.arange(len(rows)), given] = -1.0
    suggested = others.argmax(axis=1)
    judges = said.of_each[said.given[:, rows[0]]][:, rows]  # [judges, rows, labels]
    issues = pd.DataFrame(
        {
            "id": samples["id"].iloc[rows].to_numpy(),
            "subset": samples["subset"].iloc[rows].to_numpy(),
            "ground_truth": labels[given],
            "suggested": labels[suggested],
            "quality": quality,
            "judges": len(judges),
            "agree": (judges.argmax(axis=2) == suggested).sum(axis=0),
            "kind": np.where(flip, LIKELY, BORDERLINE),
        }
    )
    return issues[flip | ambiguous]


def _insight(samples: pd.DataFrame, columns: Columns, name: str, issues: pd.DataFrame, said: Opinions) -> Insight:
    all_examined = said.given.any(axis=0)
    of_subset = (samples["subset"] == name).to_numpy(dtype=bool, na_value=False)
    examined = all_examined & of_subset
    flips = issues[issues["kind"] == LIKELY]
    n, total = len(flips), int(examined.sum())
    flagged = examined & samples["id"].isin(flips["id"]).to_numpy(dtype=bool)
    errors = _wrong_predictions(samples, examined, flagged) if name != TRAINING else None
    counts = {one: int(given[of_subset].sum()) for one, given in zip(said.names, said.given, strict=True)}
    judges = {one: count for one, count in counts.items() if count}
    evidence = {
        "flips": n,
        "ambiguous": int((issues["kind"] == BORDERLINE).sum()),
        "share": Estimate(n / total, *wilson_interval(n, total)).to_dict(),
        "judges": judges,
        "agreed": int((flips["agree"] == flips["judges"]).sum()),
        "wrong_predictions": errors,
        "training_samples_left_out": int((labelled(samples) & ~all_examined).sum()),
        "definition": "confidently of another label by the thresholds of confident learning, out of sample",
        "examples": flips.head(_EXAMPLES)[["id", "ground_truth", "suggested", "quality"]].to_dict("records"),
    }
    conditions = Condition("subset", "==", name), Condition("id", "in", tuple(flips["id"].astype(str)))
    return new_insight(
        samples,
        NAME,
        (name,),
        title=_title(name, n, total, errors, len(judges)),
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


def _title(name: str, n: int, total: int, errors: dict[str, Any] | None, judges: int) -> str:
    doubts = f"{of_total(n, total)} {name} labels ({share(n, total)}) are likely mislabelled"
    if judges > 1:
        reason = f"{judges} models that were not trained on these samples are, on average, confident of another label"
    else:
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
    judges = list(evidence.get("judges") or ())
    if len(judges) > 1:
        agreed = of_total(evidence["agreed"], evidence["flips"])
        yield (
            "Judged by",
            f"the mean of {len(judges)} models that were not trained on these samples: {'; '.join(judges)}. "
            f"On {agreed} of the likely mislabelled all of them hold the other label for the most probable.",
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
