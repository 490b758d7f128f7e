"""Domain gap: a part of the data whose metadata are spread unlike those of the rest, or on which the model is worse."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.insights.bins import bin_of, quantile_edges
from leap_explorer.insights.checks import Check, status_quo
from leap_explorer.insights.comparisons import SIGNIFICANCE, Difference, difference_evidence, holm, welch
from leap_explorer.insights.distinguishing import compare
from leap_explorer.insights.filters import Condition, Filter, describe, readable, readable_value, select
from leap_explorer.insights.in_words import chance_sentence, cost_sentence, error_sentence, loss_sentence
from leap_explorer.insights.insight import Insight, new_insight, slug
from leap_explorer.insights.kind import Kind, Sentence, plain_sides
from leap_explorer.insights.one_column import SMALLEST_SLICE, parts, restricted
from leap_explorer.insights.rows import (
    TRAINING,
    Columns,
    Mask,
    NotApplicable,
    column,
    evaluated,
    held_out,
    in_subset,
    known,
    metadata_columns,
    numbers,
    subsets,
    type_of,
    wrong,
)
from leap_explorer.insights.severity import NONE, removable
from leap_explorer.insights.wording import capitalised, decimals, error_rate, of_total, share
from leap_explorer.intervals import Estimate

NAME = "domain_gap"

#: Distance of two distributions from which they count as different, if significantly so.
SMALLEST_DISTANCE = 0.1

#: Ranges that a number is cut into as a domain, and when the loss is averaged over its values.
_DOMAIN_RANGES, _LOSS_RANGES = 4, 10
#: Shifted metadata that the title names.
_NAMED = 3


@dataclass(frozen=True)
class _Domain:
    """A part of the run and what it is compared with; `over_subsets` if the reference is the training subset."""

    id_parts: tuple[str, ...]
    name: str
    reference_name: str
    conditions: Filter
    inside: Mask
    reference: Mask
    over_subsets: bool


def find_domain_gaps(samples: pd.DataFrame, columns: Columns, by: str = "subset") -> list[Insight]:
    """Domains that differ: each subset from training, or each value or range of the column `by` from the others.

    A metadata column is shifted if the distance of its two distributions is 0.1 or more and significant (p < 0.05 after
    Holm's correction over all domains and metadata): the Kolmogorov-Smirnov statistic and test of a number, the total
    variation and chi-squared test of anything else. Both distances are the share of samples that would have to change.
    Unless the domains are subsets, a significantly higher held-out loss (Welch's test, corrected the same way over the
    domains) is a gap as well.

    Raises:
        ExplorerError: there is no column `by`.
        NotApplicable: there are no two domains with 30 samples each.
    """
    column(samples, by)
    domains = [
        domain for domain in _domains(samples, by) if min(domain.inside.sum(), domain.reference.sum()) >= SMALLEST_SLICE
    ]
    if not domains:
        raise NotApplicable(f"{readable(by)} does not divide the samples into parts of {SMALLEST_SLICE} or more")
    names = [name for name in metadata_columns(samples, columns) if name != by]
    shifts = _shifts(samples, domains, names)
    gaps = [_performance(samples, domain) for domain in domains]
    corrected = holm([gap.p for gap in gaps])
    found = []
    for domain, rows, gap, p in zip(domains, shifts, gaps, corrected, strict=True):
        worse = not domain.over_subsets and gap.value > 0 and p < SIGNIFICANCE
        shifted = [row for row in rows if row["p_corrected"] < SIGNIFICANCE and row["distance"] >= SMALLEST_DISTANCE]
        if shifted or worse:
            found.append(_insight(samples, by, domain, shifted, gap, float(p), worse, len(domains) * len(names)))
    return sorted(found, key=lambda insight: -insight.severity)


def _domains(samples: pd.DataFrame, by: str) -> Iterator[_Domain]:
    if by == "subset":
        training = in_subset(samples, TRAINING)
        for name in subsets(samples):
            if name != TRAINING:
                mask = in_subset(samples, name)
                conditions = restricted(samples, mask, (Condition("subset", "==", name),))
                yield _Domain((by, name), f"the {name} samples", "training", conditions, mask, training, True)
        return
    having = evaluated(samples) & known(samples, by)
    for name, conditions in parts(samples.loc[having, by], by, _DOMAIN_RANGES):
        mask = having & select(samples, conditions)
        conditions = restricted(samples, mask, conditions)
        label = f"the samples where {describe(conditions)}"
        yield _Domain((by, name), label, "the others", conditions, mask, having & ~mask, False)


def _shifts(samples: pd.DataFrame, domains: list[_Domain], names: list[str]) -> list[list[dict[str, Any]]]:
    """For each domain, how each metadata column differs, the most distant first; p corrected over all of them."""
    found = [[_shift(samples[name], domain, name) for name in names] for domain in domains]
    rows = [[row for row in of_domain if row is not None] for of_domain in found]
    everything = [row for of_domain in rows for row in of_domain]
    for row, p in zip(everything, holm([row["p_value"] for row in everything]), strict=True):
        row["p_corrected"] = float(p)
    return [sorted(of_domain, key=lambda row: -row["distance"]) for of_domain in rows]


def _shift(values: pd.Series, domain: _Domain, name: str) -> dict[str, Any] | None:
    described = compare(values, domain.inside, domain.reference, name)
    if described is None:
        return None
    is_known = values.notna().to_numpy(dtype=bool)
    inside, reference = values[domain.inside & is_known], values[domain.reference & is_known]
    distance, p = _numeric_shift(inside, reference) if type_of(values) == "number" else _value_shift(inside, reference)
    return {**described, "distance": distance, "p_value": p}


def _numeric_shift(inside: pd.Series, reference: pd.Series) -> tuple[float, float]:
    """Kolmogorov-Smirnov statistic, 0-1, and its asymptotic p-value."""
    from scipy import stats

    result = stats.ks_2samp(numbers(inside), numbers(reference), method="asymp")
    return float(result.statistic), float(result.pvalue)


def _value_shift(inside: pd.Series, reference: pd.Series) -> tuple[float, float]:
    """Total variation of two distributions over values, 0-1, and the p-value of the chi-squared test."""
    from scipy import stats

    counts = pd.concat([inside.value_counts(), reference.value_counts()], axis=1).fillna(0).to_numpy(dtype=np.float64)
    if len(counts) < 2:
        return 0.0, 1.0
    shares = counts / counts.sum(axis=0)
    return float(np.abs(shares[:, 0] - shares[:, 1]).sum() / 2), float(stats.chi2_contingency(counts).pvalue)


def _performance(samples: pd.DataFrame, domain: _Domain) -> Difference:
    """Loss of the domain against its reference: training for subsets, else the other held-out samples."""
    if "loss" not in samples.columns:
        return welch(np.empty(0), np.empty(0))
    loss = numbers(samples["loss"])
    inside, reference = _judged(samples, domain)
    return welch(loss[inside], loss[reference])


def _judged(samples: pd.DataFrame, domain: _Domain) -> tuple[Mask, Mask]:
    """The samples on which the performance inside and outside is measured."""
    judged = known(samples, "loss") & evaluated(samples) if domain.over_subsets else held_out(samples)
    return domain.inside & judged, domain.reference & judged


def _insight(
    samples: pd.DataFrame,
    by: str,
    domain: _Domain,
    shifted: list[dict[str, Any]],
    gap: Difference,
    p_gap: float,
    worse: bool,
    comparisons: int,
) -> Insight:
    held = held_out(samples)
    inside, reference = _judged(samples, domain)
    errors = wrong(samples)
    rows = [{**row, "loss_share": _mix_share(samples, domain, row["column"])} for row in shifted]
    excess = removable(numbers(samples["loss"]), inside, held | inside) if worse else NONE
    costs = [excess, *(_of_mix(samples, domain, row["loss_share"]) for row in rows)]
    evidence = {
        "by": by,
        "comparisons": comparisons,
        **difference_evidence(gap),
        "p_value": gap.p,
        "p_corrected": p_gap,
        "excess_loss_share": excess.value,
        "errors_inside": error_rate(errors[inside]) if errors is not None else None,
        "errors_outside": error_rate(errors[reference]) if errors is not None else None,
        "shifted": rows,
    }
    n, total = int(domain.inside.sum()), int((domain.inside | domain.reference).sum())
    return new_insight(
        samples,
        NAME,
        domain.id_parts,
        title=_title(domain, shifted, gap, worse, n, total),
        severity=max(costs, key=lambda one: one.value),
        n_total=total,
        conditions=domain.conditions,
        evidence=evidence,
        distinguishing=[
            {name: row[name] for name in ("column", "value", "inside", "outside", "effect")} for row in shifted
        ],
        test=_test(samples, domain, shifted),
    )


def _mix_share(samples: pd.DataFrame, domain: _Domain, name: str) -> float:
    """Share of the domain's loss that would vanish were one metadata column spread as in the reference, 0-1.

    Direct standardisation: the mean held-out loss of each value or range, weighted once as in the domain and once as in
    the reference. 0 where there is no loss to average.
    """
    held = held_out(samples)
    if not held.any():
        return 0.0
    groups = _groups(samples[name])
    judged = held & (groups >= 0)
    count = int(groups.max(initial=-1)) + 1
    size = np.bincount(groups[judged], minlength=count)
    total = np.bincount(groups[judged], weights=numbers(samples["loss"])[judged], minlength=count)
    measured = size > 0
    mean = total[measured] / size[measured]

    def expected(mask: Mask) -> float:
        weights = np.bincount(groups[mask & (groups >= 0)], minlength=count)[measured]
        return float(mean @ weights / weights.sum()) if weights.sum() else 0.0

    here, there = expected(domain.inside), expected(domain.reference)
    return float(np.clip((here - there) / here, 0.0, 1.0)) if here > 0 and there > 0 else 0.0


def _of_mix(samples: pd.DataFrame, domain: _Domain, share_of_domain: float) -> Estimate:
    """A share of the domain's loss as one of all held-out loss; of a domain without held-out loss as it is."""
    held = held_out(samples)
    if not (domain.inside & held).any():
        return Estimate(share_of_domain, np.nan, np.nan)
    loss = numbers(samples["loss"])
    return Estimate(float(share_of_domain * loss[domain.inside & held].sum() / loss[held].sum()), np.nan, np.nan)


def _groups(values: pd.Series) -> npt.NDArray[np.intp]:
    """The number of each sample's value or range, -1 where it is unknown."""
    if type_of(values) == "number":
        return bin_of(numbers(values), quantile_edges(numbers(values), _LOSS_RANGES))
    return pd.factorize(values)[0]


def _test(samples: pd.DataFrame, domain: _Domain, shifted: list[dict[str, Any]]) -> Check | None:
    """The loss must not rise; without labels, the most shifted number must not shift further."""
    name = slug(NAME, *domain.id_parts)
    if (domain.inside & known(samples, "loss")).any():
        return status_quo(samples, name, domain.conditions)
    for row in shifted:
        if row["value"] is None:
            return status_quo(samples, name, domain.conditions, row["column"], row["inside"] > row["outside"])
    return None


def _title(domain: _Domain, shifted: list[dict[str, Any]], gap: Difference, worse: bool, n: int, total: int) -> str:
    sentences = []
    if shifted:
        named = "; ".join(_named(row) for row in shifted[:_NAMED])
        sentences.append(f"{domain.name} differ from {domain.reference_name} in {len(shifted)} metadata: {named}")
    if worse:
        subject = "their held-out loss is" if shifted else f"the held-out loss of {domain.name} is"
        sentences.append(f"{subject} {decimals(gap.inside)} on average, elsewhere {decimals(gap.outside)}")
    text = ", and ".join(sentences)
    return f"{capitalised(text)} ({of_total(n, total)} samples)."


def _named(row: dict[str, Any]) -> str:
    if row["value"] is not None:
        return f"{readable(row['column'])} is {row['value']} for {share(row['inside'], 1)} against " + share(
            row["outside"], 1
        )
    values = readable_value(row["inside"]), readable_value(row["outside"])
    return f"mean {readable(row['column'])} {values[0]} against {values[1]}"


def _sides(insight: Insight) -> tuple[str, str]:
    return ("this subset", "training samples") if insight.evidence.get("by") == "subset" else plain_sides(insight)


def _in_words(insight: Insight) -> Iterator[Sentence]:
    yield from loss_sentence(insight, _sides(insight))
    yield from error_sentence(insight, _sides(insight))
    yield from cost_sentence(insight)
    for row in insight.evidence.get("shifted") or []:
        name = readable(row["column"]) + (f" is {row['value']}" if row.get("value") is not None else "")
        text = f"Distance of the two distributions {decimals(row['distance'])} (0: the same, 1: nothing in common)."
        if cost := row.get("loss_share"):
            text += f" {share(cost, 1)} of the loss here goes with it."
        yield capitalised(name), text
    yield from chance_sentence(insight)


def _action(insight: Insight) -> str:
    return f"add training samples of the domain ({describe(insight.filter)})"


DOMAIN_GAP = Kind(
    NAME, lambda subject: find_domain_gaps(subject.samples, subject.columns, subject.domain), _in_words, _action, _sides
)
