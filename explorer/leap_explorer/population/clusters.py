"""What a cluster is about: the terms that name it, how the model fares in it, the metadata that set it apart."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.intervals import mean_interval, standardised_difference, wilson_interval
from leap_explorer.runs.held_out import Mask, held_out
from leap_explorer.word_odds import log_odds

Profile = dict[str, Any]

_LEAST_DOCUMENTS = 5
_LEAST_SHARE = 0.01
_LEVEL = 0.95
_DISTINGUISHING = 8
_MOST_VALUES = 20
_EDGE = re.compile(r"^[\W_]+|[\W_]+$")
# fmt: off
_NEGATIONS = frozenset((
    "no", "not", "never", "none", "nobody", "nothing", "neither", "nor", "nowhere", "noone", "without", "cannot",
    "cant", "couldnt", "hasnt",
))
# fmt: on


@dataclass(frozen=True)
class Term:
    """A word that names a cluster.

    - `weight`: log-odds ratio against the other clusters over its standard error, above 0, higher is surer; where there
      is one cluster alone, the share of its documents that contain the term.
    - `count`: documents of the cluster that contain it.
    """

    term: str
    weight: float
    count: int


@dataclass(frozen=True)
class _Feature:
    """One number a sample to compare inside and outside: a metadata, or whether it has the value `value`."""

    column: str
    value: str | None
    numbers: npt.NDArray[np.float64]


def cluster_terms(documents: Iterable[tuple[int, Sequence[str]]], top: int = 8) -> dict[int, list[Term]]:
    """The `top` terms of each cluster, from (cluster, words) of each document, which are read once, one at a time.

    The weight is the log-odds ratio of the term, counted by documents, between the cluster and all others, with an
    informative Dirichlet prior, over its standard error (`word_odds.log_odds`): what sets the cluster apart, and not
    what is frequent everywhere. Words are lower-cased; numbers, punctuation, single letters and English stop words do
    not count, but negations do. A term must be more usual in the cluster, unless there is only one, and occur in at
    least 5 of its documents and 1 % of them (in half of them where there are fewer than 10).

    Documents of a negative cluster are left out.
    """
    occurrences: dict[int, Counter[str]] = defaultdict(Counter)
    sizes: Counter[int] = Counter()
    lookup = _Lookup()
    for cluster, words in documents:
        if cluster < 0:
            continue
        occurrences[cluster].update({term for term in map(lookup.__getitem__, words) if term})
        sizes[cluster] += 1
    total = sum(occurrences.values(), Counter())
    return {cluster: _top_terms(occurrences[cluster], total, sizes, cluster, top) for cluster in sorted(sizes)}


def describe_clusters(
    samples: pd.DataFrame, columns: Mapping[str, Mapping[str, Any]], terms: Mapping[int, Sequence[Term]]
) -> list[Profile]:
    """A JSON-able profile of each cluster of a run, given its samples, its columns and the clusters' terms.

    - `cluster`, `name`: its number, and its first three terms, or `cluster N`.
    - `size`, `share`: its samples, and their share of those of all clusters; failed samples are in none.
    - `labelled`: the samples with a ground truth, over which these are: `error_rate` {value, low, high} (Wilson; None
      for a regression), `loss` {value, low, high} (mean), `purity` {value, label}: the share of the most frequent
      ground truth (None for a regression).
    - `held_out`: size, labelled, error_rate and loss of those that `held_out` names, which the model has not been
      fitted to.
    - `counts`: samples by subset. `terms`: as given.
    - `distinguishing`: at most 8 metadata {column, value, inside, outside, effect, low, high}, the largest effect
      first. `effect` is Cohen's d of the means inside and outside; for a string the means are the shares of `value`,
      which is None otherwise. Only those whose interval excludes 0; it is at 95 % divided (Bonferroni) by the number of
      comparisons, which are all metadata in all clusters.

    A number that is undefined (no labelled sample) is None, and so is an interval bound.
    """
    names = _columns_by_role(columns)
    clusters = samples[names["cluster"][0]]
    samples = samples[clusters.notna().to_numpy()]
    labels = clusters.dropna().to_numpy(dtype=np.int64)
    found = [int(cluster) for cluster in np.unique(labels)]
    outcome = _outcome(samples, columns, names)
    features = _features(samples, columns, names.get("metadata", []))
    level = 1 - (1 - _LEVEL) / max(1, len(features) * len(found))
    return [
        _profile(cluster, labels == cluster, outcome, list(terms.get(cluster, ())))
        | {"distinguishing": _distinguishing(features, labels == cluster, level)}
        for cluster in found
    ]


class _Lookup(dict[str, str]):
    """The term that a word stands for, "" for none; each word is worked out once."""

    def __init__(self) -> None:
        from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

        super().__init__()
        self.stop_words = ENGLISH_STOP_WORDS - _NEGATIONS

    def __missing__(self, word: str) -> str:
        term = _EDGE.sub("", word.lower().replace("\u2019", "'"))
        stem = term.split("'")[0]  # "it's" and "they've" are as empty as "it" and "they"
        is_empty = len(term) < 2 or not any(map(str.isalpha, term)) or (stem in self.stop_words and term[-3:] != "n't")
        self[word] = "" if is_empty else term
        return self[word]


def _top_terms(
    occurrence: Counter[str], total: Counter[str], sizes: Counter[int], cluster: int, top: int
) -> list[Term]:
    """The terms of one cluster, the heaviest first, in alphabetical order where they weigh the same."""
    size, terms = sizes[cluster], sorted(total)
    if not terms:
        return []
    inside = np.array([occurrence[term] for term in terms])
    weights = inside / size
    if len(sizes) > 1:
        value, error = log_odds(inside, np.array([total[term] for term in terms]) - inside)
        weights = np.round(value / error, 9)  # equal ones, up to how floats are added, stay in their order
    least = min(max(_LEAST_DOCUMENTS, _LEAST_SHARE * size), size / 2)
    kept = np.flatnonzero((inside >= least) & (weights > 0))
    best = kept[np.argsort(-weights[kept], kind="stable")][:top]
    return [Term(terms[at], float(weights[at]), int(inside[at])) for at in best]


def _columns_by_role(columns: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    names: dict[str, list[str]] = defaultdict(list)
    for name, column in columns.items():
        names[column["role"]].append(name)
    return dict(names)


def _outcome(
    samples: pd.DataFrame, columns: Mapping[str, Mapping[str, Any]], names: Mapping[str, list[str]]
) -> pd.DataFrame:
    """Per sample: subset, is_held_out, is_labelled, loss; truth and is_wrong.

    The last two are null without a ground truth or a class.
    """
    truth_name = names["ground_truth"][0]
    truth, prediction = samples[truth_name], samples[names["prediction"][0]]
    is_class = columns[truth_name]["type"] != "float"
    is_known = (truth.notna() & prediction.notna()).to_numpy(dtype=bool) & is_class
    is_wrong = np.full(len(samples), np.nan)
    is_wrong[is_known] = truth[is_known].astype(str).to_numpy() != prediction[is_known].astype(str).to_numpy()
    loss = samples[names["loss"][0]] if "loss" in names else pd.Series(np.nan, samples.index)
    return pd.DataFrame(
        {
            "subset": samples[names["subset"][0]].astype(str).to_numpy(),
            "is_held_out": held_out(samples) if "loss" in names else False,
            "truth": truth.astype("string").to_numpy() if is_class else None,
            "is_labelled": truth.notna().to_numpy(dtype=bool),
            "is_wrong": is_wrong,
            "loss": loss.to_numpy(dtype=np.float64, na_value=np.nan),
        }
    )


def _profile(cluster: int, inside: Mask, outcome: pd.DataFrame, terms: list[Term]) -> Profile:
    """All of a cluster's profile but what distinguishes it."""
    rows = outcome[inside]
    unseen = rows[rows["is_held_out"]]
    return {
        "cluster": cluster,
        "name": ", ".join(term.term for term in terms[:3]) or f"cluster {cluster}",
        "size": len(rows),
        "share": len(rows) / len(outcome),
        **_performance(rows),
        "purity": _purity(rows["truth"].dropna()),
        "held_out": {"size": len(unseen), **_performance(unseen)},
        "counts": {str(subset): int(count) for subset, count in rows["subset"].value_counts().items()},
        "terms": [asdict(term) for term in terms],
    }


def _performance(rows: pd.DataFrame) -> Profile:
    """How the model fares on these samples, as far as they have a ground truth."""
    is_wrong, loss = rows["is_wrong"].dropna(), rows["loss"][np.isfinite(rows["loss"])]
    error_rate = None
    if len(is_wrong):
        low, high = wilson_interval(int(is_wrong.sum()), len(is_wrong))
        error_rate = {"value": float(is_wrong.mean()), "low": low, "high": high}
    mean_loss = None
    if len(loss):
        low, high = mean_interval(loss)
        mean_loss = {"value": float(loss.mean()), "low": _known(low), "high": _known(high)}
    return {"labelled": int(rows["is_labelled"].sum()), "error_rate": error_rate, "loss": mean_loss}


def _purity(truths: pd.Series) -> Profile | None:
    """Share of the most frequent ground truth, 0-1, and which it is; of equally frequent ones the first by name."""
    if truths.empty:
        return None
    counts = truths.value_counts().sort_index()
    return {"value": float(counts.max() / counts.sum()), "label": str(counts.idxmax())}


def _features(samples: pd.DataFrame, columns: Mapping[str, Mapping[str, Any]], names: Sequence[str]) -> list[_Feature]:
    """The metadata that can be compared; those that are constant or empty cannot."""
    features: list[_Feature] = []
    for name in names:
        if columns[name]["type"] == "string":
            features += _value_features(name, samples[name])
        else:
            features.append(_Feature(name, None, samples[name].to_numpy(dtype=np.float64, na_value=np.nan)))
    return [feature for feature in features if len(np.unique(feature.numbers[np.isfinite(feature.numbers)])) > 1]


def _value_features(name: str, column: pd.Series) -> list[_Feature]:
    """Whether each sample has each of the 20 most frequent values of a string, those of 1 % of the samples or more.

    Names and other free text have no such values. Of two values one is enough: the other's share mirrors it.
    """
    shares = column.value_counts(normalize=True).sort_index().sort_values(ascending=False, kind="stable")
    frequent = shares[shares >= _LEAST_SHARE].index[:_MOST_VALUES]
    values = frequent[:1] if len(shares) == 2 else frequent
    is_known = column.notna().to_numpy(dtype=bool)
    known = column[is_known].to_numpy(dtype=object)
    features = []
    for value in values:
        numbers = np.full(len(column), np.nan)
        numbers[is_known] = known == value
        features.append(_Feature(name, str(value), numbers))
    return features


def _distinguishing(features: Sequence[_Feature], inside: Mask, level: float) -> list[Profile]:
    """The features that differ most between the inside and the outside of a cluster."""
    compared = [
        (feature, standardised_difference(feature.numbers[inside], feature.numbers[~inside], level))
        for feature in features
    ]
    sure = sorted((pair for pair in compared if pair[1].excludes_zero), key=lambda pair: -abs(pair[1].value))
    return [
        {
            "column": feature.column,
            "value": feature.value,
            "inside": _finite_mean(feature.numbers[inside]),
            "outside": _finite_mean(feature.numbers[~inside]),
            "effect": effect.value,
            "low": effect.low,
            "high": effect.high,
        }
        for feature, effect in sure[:_DISTINGUISHING]
    ]


def _finite_mean(numbers: npt.NDArray[np.float64]) -> float:
    return float(numbers[np.isfinite(numbers)].mean())


def _known(number: float) -> float | None:
    """The number, or None, which JSON has instead of NaN."""
    return number if np.isfinite(number) else None
