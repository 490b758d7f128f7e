"""A comparison as tables, JSON and Markdown; the samples' texts are in none of them."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.comparison.compare import Comparison, SliceChange, confidence_of
from leap_explorer.comparison.sentences import in_words, p_in_words, sentences
from leap_explorer.markdown import plain, table
from leap_explorer.runs.strict_json import plain as as_json

OUTCOMES = ("fixed", "broken", "still wrong")
BOTH_RIGHT = "both right"
ALL_OUTCOMES = (*OUTCOMES, BOTH_RIGHT)

#: Rows of a table that a person reads.
SHOWN = 10


def changed_samples(comparison: Comparison) -> pd.DataFrame:
    """Every sample that was fixed, was broken, or is still wrong, in this order, the largest change of loss first.

    Columns: `outcome`, `id` and `subset` (in the second run), `ground_truth`, and of either run `prediction_`, `loss_`
    and, where it has probabilities, `confidence_`, each with `base` or `new`. Empty without outcomes.
    """
    outcomes = outcomes_of(comparison)
    if outcomes is None:
        return pd.DataFrame(columns=["outcome", "id", "subset", "ground_truth"])
    return samples_at(comparison, np.flatnonzero(np.isin(outcomes, OUTCOMES))).reset_index(drop=True)


def outcomes_of(comparison: Comparison) -> npt.NDArray[np.str_] | None:
    """[pairs], one of `ALL_OUTCOMES` for each pair of `Pairs.rows`; None where nothing is right or wrong in both."""
    found = comparison.outcomes
    if found is None:
        return None
    outcomes = np.full(len(comparison.runs.pairs.rows[0]), BOTH_RIGHT, dtype=object)
    for outcome, places in zip(OUTCOMES, (found.fixed, found.broken, found.still_wrong), strict=True):
        outcomes[places] = outcome
    return outcomes.astype(np.str_)


def samples_at(comparison: Comparison, places: npt.NDArray[np.intp]) -> pd.DataFrame:
    """Some of a classifier's pairs, with the columns and in the order of `changed_samples`; the index is the places."""
    outcomes = outcomes_of(comparison)
    assert outcomes is not None
    base, new = (rows[places] for rows in comparison.runs.pairs.rows)
    samples = comparison.runs.new.samples.iloc[new]
    columns: dict[str, Any] = {"outcome": outcomes[places]}
    columns |= {name: samples[name].astype(str).to_numpy() for name in ("id", "subset", "ground_truth")}
    sides = {"base": (comparison.runs.base, base), "new": (comparison.runs.new, new)}
    for side, (run, rows) in sides.items():
        columns[f"prediction_{side}"] = run.samples["prediction"].iloc[rows].astype(str).to_numpy()
    for side, (run, rows) in sides.items():
        columns[f"loss_{side}"] = run.samples["loss"].iloc[rows].to_numpy(dtype=np.float64, na_value=np.nan)
    for side, (run, rows) in sides.items():
        if (confidence := confidence_of(run)) is not None:
            columns[f"confidence_{side}"] = confidence[rows]
    return _sorted(pd.DataFrame(columns, index=places))


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """All that was found, in JSON's own types; `samples` as `changed_samples`."""
    matching, training = comparison.matching, comparison.training_data
    data = {
        "base": comparison.runs.base.name,
        "new": comparison.runs.new.name,
        "sentences": sentences(comparison),
        "matched": {
            "by_id": matching.by_id,
            "by_input_hash": matching.by_hash,
            "only_base": matching.only_base,
            "only_new": matching.only_new,
            "held_out": [len(rows) for rows in comparison.runs.pairs.rows],
            "paired": comparison.runs.pairs.is_paired,
        },
        "error": comparison.error.to_dict() if comparison.error else None,
        "loss": comparison.loss.to_dict(),
        "confidence": comparison.confidence.to_dict() if comparison.confidence else None,
        "calibration_error": _calibration(comparison),
        "outcomes": _counts(comparison),
        "slices": [_slice(one, comparison.metric) for one in comparison.slices],
        "words": {kind: [vars(one) for one in words] for kind, words in comparison.words.items()},
        "training_data": vars(training) if training else None,
        "samples": changed_samples(comparison).to_dict("records"),
    }
    return dict(as_json(data))


def comparison_markdown(comparison: Comparison) -> str:
    """For a pull request: the sentences, the surest slices, and the samples that changed most."""
    base, new = comparison.runs.base.name, comparison.runs.new.name
    training = [comparison.training_data.sentence()] if comparison.training_data else []
    lines = [*sentences(comparison), comparison.matching.sentence(), *training]
    parts = [f"### {plain(new)} compared with {plain(base)}\n", *(f"- {plain(line)}" for line in lines), ""]
    rows = slice_rows(comparison)
    if rows:
        parts += [f"The surest of {len(comparison.slices):,} slices:\n", table(slice_titles(comparison), rows)]
    samples = changed_samples(comparison)
    for outcome in OUTCOMES[:2]:
        of_outcome = samples[samples["outcome"] == outcome]
        if len(of_outcome):
            listed = table(("id", "label", base, new, "loss"), sample_rows(of_outcome))
            parts.append(f"<details><summary>{len(of_outcome):,} {outcome}</summary>\n\n{listed}\n</details>\n")
    return "\n".join(parts)


def slice_titles(comparison: Comparison) -> tuple[str, ...]:
    """Of the columns of `slice_rows`."""
    what = "error rate" if comparison.metric == "error" else "mean loss"
    return ("slice", "samples", f"{what} in base", "in new", "change", "p, corrected")


def slice_rows(comparison: Comparison, most: int = SHOWN) -> list[tuple[str, ...]]:
    """The surest slices as cells of a table; those that chance does not explain have an asterisk."""
    is_share = comparison.metric == "error"
    return [
        (
            one.slice.name,
            f"{len(one.slice.rows[1]):,}",
            _mean(one.change.base, is_share),
            _mean(one.change.new, is_share),
            in_words(one.change, is_share),
            f"{p_in_words(one.p).removeprefix('p ').removeprefix('= ')}{' *' if one.is_sure else ''}",
        )
        for one in comparison.slices[:most]
    ]


def sample_rows(samples: pd.DataFrame, most: int = SHOWN) -> list[tuple[str, ...]]:
    """Some of `changed_samples` as cells of a table: id, label, both predictions, and the change of the loss."""
    names = ("id", "ground_truth", "prediction_base", "prediction_new")
    return [(*(str(row[name]) for name in names), _losses(row)) for row in samples.head(most).to_dict("records")]


def _losses(row: Mapping[Hashable, Any]) -> str:
    return f"{row['loss_base']:.3f} to {row['loss_new']:.3f}"


def _sorted(samples: pd.DataFrame) -> pd.DataFrame:
    size = (samples["loss_new"] - samples["loss_base"]).abs()
    place = samples["outcome"].map({outcome: place for place, outcome in enumerate(ALL_OUTCOMES)})
    order = np.lexsort([-size.fillna(-1.0).to_numpy(), place.to_numpy()])
    return samples.iloc[order]


def _mean(value: float, is_share: bool) -> str:
    return f"{100 * value:.1f} %" if is_share else f"{value:.3f}"


def _counts(comparison: Comparison) -> dict[str, int] | None:
    found = comparison.outcomes
    if found is None:
        return None
    counts: Sequence[int] = (len(found.fixed), len(found.broken), len(found.still_wrong), found.both_right)
    return dict(zip(("fixed", "broken", "still_wrong", "both_right"), counts, strict=True))


def _calibration(comparison: Comparison) -> dict[str, Any] | None:
    if comparison.calibration is None:
        return None
    base, new, change = comparison.calibration
    return {"base": base, "new": new, **change.to_dict()}


def _slice(one: SliceChange, metric: str) -> dict[str, Any]:
    return {
        "name": one.slice.name,
        "found_in": one.slice.origin,
        "filter": [condition.to_dict() for condition in one.slice.filter],
        "samples": [len(rows) for rows in one.slice.rows],
        "metric": metric,
        **one.change.to_dict(),
        "p_corrected": one.p,
    }
