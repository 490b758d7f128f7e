"""Duplication: samples that repeat another one of their own subset, wholly or nearly."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.insights.checks import Check
from leap_explorer.insights.filters import Condition, Filter
from leap_explorer.insights.insight import Insight, new_insight, slug
from leap_explorer.insights.kind import Kind, Sentence
from leap_explorer.insights.rows import Mask, NotApplicable, evaluated, in_subset, known, subsets
from leap_explorer.insights.severity import counted
from leap_explorer.insights.wording import of_total
from leap_explorer.population.duplicates import count_distinct, identical_groups, near_duplicate_groups

NAME = "duplication"

#: Estimated Jaccard similarity of the samples' shingles from which they are near-identical.
THRESHOLD = 0.8

_EXAMPLES = 20

Groups = npt.NDArray[np.int64]
Signatures = npt.NDArray[np.uint32]


@dataclass(frozen=True)
class Copies:
    """Groups of copies among all samples: the number of each sample's group, -1 for one that is in none."""

    any: Groups  #: identical or near-identical
    identical: Groups


def find_duplication(samples: pd.DataFrame, signatures: Signatures | None = None) -> list[Insight]:
    """One insight for each subset that holds identical or (given signatures) near-identical samples.

    Raises:
        NotApplicable: the run has neither input hashes nor signatures.
    """
    found = []
    signatures = telling(samples, signatures)
    for name in subsets(samples):
        of_subset = in_subset(samples, name)
        copies = group_copies(samples, signatures, of_subset)
        if (copies.any >= 0).any():
            found.append(_insight(samples, name, of_subset, copies, signatures is not None))
    return found


def telling(samples: pd.DataFrame, signatures: Signatures | None) -> Signatures | None:
    """The signatures; None where the samples' texts, such as "a digit", do not tell them apart.

    That is where there are less than half as many texts as inputs: samples of one text are then no copies.
    """
    if signatures is None:
        return None
    is_read = evaluated(samples)
    inputs = samples["input_hash"][is_read & known(samples, "input_hash")].nunique()
    return signatures if 2 * count_distinct(signatures, np.flatnonzero(is_read)) >= inputs else None


def group_copies(samples: pd.DataFrame, signatures: Signatures | None, within: Mask) -> Copies:
    """The groups of copies among the samples `within`.

    Raises:
        NotApplicable: the run has neither input hashes nor signatures.
    """
    if signatures is None and not known(samples, "input_hash").any():
        raise NotApplicable("the run has neither input hashes nor signatures")
    identical, near = np.full(len(samples), -1), np.full(len(samples), -1)
    hashed = within & evaluated(samples) & known(samples, "input_hash")
    if hashed.any():
        identical[hashed] = identical_groups(samples["input_hash"][hashed].to_numpy(dtype=np.uint64))
    if signatures is not None:
        rows = np.flatnonzero(within & evaluated(samples))
        near[rows] = near_duplicate_groups(signatures, THRESHOLD, rows)
    return Copies(_merged(identical, near), identical)


def group_members(groups: Groups) -> list[npt.NDArray[np.intp]]:
    """The rows of each group, in order of their first member."""
    rows = np.flatnonzero(groups >= 0)
    return list(pd.Series(rows).groupby(groups[rows], sort=False).apply(np.asarray)) if len(rows) else []


def different_labels(samples: pd.DataFrame, groups: Groups) -> int:
    """Groups whose members have more than one ground truth."""
    if "ground_truth" not in samples.columns:
        return 0
    truth = samples["ground_truth"].reset_index(drop=True)
    return int((truth[groups >= 0].groupby(groups[groups >= 0]).nunique() > 1).sum())


def example_ids(samples: pd.DataFrame, groups: Groups) -> list[list[str]]:
    """The ids of the largest groups, at most 20 of them."""
    largest = sorted(group_members(groups), key=lambda rows: -len(rows))[:_EXAMPLES]
    return [samples["id"].iloc[rows].astype(str).tolist() for rows in largest]


def ids_of_subset(samples: pd.DataFrame, name: str, mask: Mask) -> Filter:
    """The filter that names samples of one subset one by one."""
    return Condition("subset", "==", name), Condition("id", "in", tuple(samples["id"][mask].astype(str)))


def no_more_of(name: str, conditions: Filter, count: int) -> Check:
    """The check that a run holds no more of these samples than now."""
    return Check(name, conditions, None, "count", "<=", count)


def _insight(samples: pd.DataFrame, name: str, of_subset: Mask, copies: Copies, near_known: bool) -> Insight:
    grouped = copies.any >= 0
    groups, members, total = len(np.unique(copies.any[grouped])), int(grouped.sum()), int(of_subset.sum())
    evidence = {"extra_copies": members - groups, **copies_evidence(samples, copies, near_known)}
    conditions = ids_of_subset(samples, name, grouped)
    return new_insight(
        samples,
        NAME,
        (name,),
        title=(
            f"{of_total(members, total)} {name} samples repeat each other, {_how(evidence)}: {groups:,} groups, so "
            f"{members - groups:,} samples are superfluous."
        ),
        severity=counted(members - groups, total),
        n_total=total,
        conditions=conditions,
        evidence=evidence,
        test=no_more_of(slug(NAME, name), conditions, members),
    )


def copies_evidence(samples: pd.DataFrame, copies: Copies, near_known: bool) -> dict[str, Any]:
    """Counts of the groups, and examples; `near_identical_searched` says whether there were signatures."""
    return {
        "groups": len(np.unique(copies.any[copies.any >= 0])),
        "identical_groups": len(np.unique(copies.identical[copies.identical >= 0])),
        "different_ground_truths": different_labels(samples, copies.any),
        "near_identical_searched": near_known,
        "near_identical_threshold": THRESHOLD if near_known else None,
        "examples": example_ids(samples, copies.any),
    }


def _how(evidence: dict[str, Any]) -> str:
    return "letter for letter or nearly" if evidence["near_identical_searched"] else "wholly"


def _merged(*groupings: Groups) -> Groups:
    """Groups of the samples that any of the groupings joins, directly or through others; -1 for the rest."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n, rows, nodes, used = len(groupings[0]), [], [], len(groupings[0])
    for groups in groupings:
        members = np.flatnonzero(groups >= 0)
        rows.append(members)
        nodes.append(used + groups[members])
        used += int(groups.max(initial=-1)) + 1
    edges = np.concatenate(rows), np.concatenate(nodes)
    graph = coo_array((np.ones(len(edges[0]), dtype=np.int8), edges), shape=(used, used))
    labels = connected_components(graph, directed=False)[1][:n].astype(np.int64)
    return np.where(np.bincount(labels, minlength=1)[labels] > 1, labels, -1) if n else labels


def copies_in_words(insight: Insight) -> Iterator[Sentence]:
    """What repeats what, and what counts as a repetition."""
    evidence = insight.evidence
    if "groups" not in evidence:
        return
    groups, identical = int(evidence["groups"]), int(evidence.get("identical_groups") or 0)
    yield "Groups", f"{groups:,} groups of samples that repeat each other; in {identical:,} of them letter for letter."
    if evidence.get("training_twins") is not None:
        yield "In training", f"{evidence['training_twins']:,} training samples have a twin here."
    if differing := evidence.get("different_ground_truths"):
        yield "Contradictions", f"{differing:,} groups hold different labels for the same content."
    if evidence.get("near_identical_searched"):
        threshold = f"{100 * evidence['near_identical_threshold']:.0f} %"
        counting = f"Samples that share an estimated {threshold} or more of their runs of words count as repeated."
        yield "What counts", counting
    else:
        yield "What counts", "Only wholly identical samples were looked for."


def _action(insight: Insight) -> str:
    return f"remove all but one of each group among the {insight.n_samples:,} samples that repeat each other"


DUPLICATION = Kind(
    NAME, lambda subject: find_duplication(subject.samples, subject.signatures), copies_in_words, _action
)
