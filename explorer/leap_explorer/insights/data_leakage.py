"""Data leakage: samples of other subsets that have an identical or near-identical twin in training."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from leap_explorer.insights.comparisons import difference_evidence, welch
from leap_explorer.insights.duplication import (
    Copies,
    Groups,
    Signatures,
    copies_evidence,
    copies_in_words,
    group_copies,
    ids_of_subset,
    no_more_of,
    telling,
)
from leap_explorer.insights.in_words import loss_sentence
from leap_explorer.insights.insight import Insight, new_insight, slug
from leap_explorer.insights.kind import Kind, Sentence, plain_sides
from leap_explorer.insights.rows import TRAINING, Mask, NotApplicable, held_out, in_subset, numbers, subsets
from leap_explorer.insights.severity import counted
from leap_explorer.insights.wording import of_total

NAME = "data_leakage"


def find_data_leakage(samples: pd.DataFrame, signatures: Signatures | None = None) -> list[Insight]:
    """One insight for each subset with samples that are also, identically or nearly, in training.

    Raises:
        NotApplicable: there is no training sample, no other sample, or neither input hashes nor signatures.
    """
    training = in_subset(samples, TRAINING)
    others = [name for name in subsets(samples) if name != TRAINING]
    if not training.any() or not others:
        raise NotApplicable("it takes both training and other samples")
    found = []
    signatures = telling(samples, signatures)
    for name in others:
        of_subset = in_subset(samples, name)
        copies = _spanning(group_copies(samples, signatures, training | of_subset), training, of_subset)
        if (copies.any >= 0).any():
            found.append(_insight(samples, name, of_subset, copies, signatures is not None))
    return found


def _spanning(copies: Copies, training: Mask, of_subset: Mask) -> Copies:
    """The groups with members both in training and in the subset."""

    def keep(groups: Groups) -> Groups:
        shared = np.intersect1d(groups[training & (groups >= 0)], groups[of_subset & (groups >= 0)])
        return np.where(np.isin(groups, shared), groups, -1)

    return Copies(keep(copies.any), keep(copies.identical))


def _insight(samples: pd.DataFrame, name: str, of_subset: Mask, copies: Copies, near_known: bool) -> Insight:
    leaked = of_subset & (copies.any >= 0)
    n, total = int(leaked.sum()), int(of_subset.sum())
    evidence = {
        "extra_copies": n,
        "training_twins": int(((copies.any >= 0) & ~of_subset).sum()),
        **copies_evidence(samples, copies, near_known),
    }
    labelled = of_subset & held_out(samples)
    if (leaked & labelled).any():
        loss = numbers(samples["loss"])
        evidence.update(difference_evidence(welch(loss[leaked & labelled], loss[labelled & ~leaked])))
    differing = evidence["different_ground_truths"]
    conditions = ids_of_subset(samples, name, leaked)
    return new_insight(
        samples,
        NAME,
        (name,),
        title=(
            f"{of_total(n, total)} {name} samples are also in training, "
            f"{'identically or nearly' if near_known else 'identically'}, so their scores flatter the model"
            + (f"; {differing:,} of the {evidence['groups']:,} groups have different labels." if differing else ".")
        ),
        severity=counted(n, total),
        n_total=total,
        conditions=conditions,
        evidence=evidence,
        test=no_more_of(slug(NAME, name), conditions, n),
    )


def _in_words(insight: Insight) -> Iterator[Sentence]:
    yield from copies_in_words(insight)
    yield from loss_sentence(insight, plain_sides(insight))


def _action(insight: Insight) -> str:
    return f"take the {insight.n_samples:,} samples that are also in training out of one of both subsets"


DATA_LEAKAGE = Kind(NAME, lambda subject: find_data_leakage(subject.samples, subject.signatures), _in_words, _action)
