"""Weaknesses planted in copies of a run's outcomes, for bench_slices.py, so that what there is to find is known."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.insights.slices.word_index import WordIndex, index_words

Mask = npt.NDArray[np.bool_]
Generator = np.random.Generator

#: Samples of a planted slice, at least and at most (of a small table a sixth at most).
SMALLEST, LARGEST = 40, 4_000
_TRIES = 2_000


@dataclass(frozen=True)
class Table:
    """Held-out samples: `samples` as a run has them, its columns, the words; `topics`, clusters made by other means."""

    samples: pd.DataFrame
    columns: dict[str, Any]
    words: WordIndex | None
    topics: npt.NDArray[np.intp] | None = None


def dealt_anew(table: Table, generator: Generator) -> Table:
    """The table with its outcomes (loss, and whether the prediction is wrong) dealt to other samples at random."""
    order = generator.permutation(len(table.samples))
    return with_outcomes(table, _wrong(table.samples)[order], table.samples["loss"].to_numpy()[order])


def turned(table: Table, mask: Mask, share: float, generator: Generator) -> Table:
    """The table with this share of a slice's right predictions made wrong, with the losses of other wrong ones."""
    wrong, loss = _wrong(table.samples), table.samples["loss"].to_numpy().copy()
    chosen = mask & ~wrong & (generator.random(len(mask)) < share)
    loss[chosen] = generator.choice(loss[wrong], int(chosen.sum()))
    return with_outcomes(table, wrong | chosen, loss)


def with_outcomes(table: Table, wrong: Mask, loss: npt.NDArray[np.floating]) -> Table:
    """The table with these outcomes; a wrong prediction is the next label."""
    labels = np.unique(table.samples["ground_truth"])
    truth = np.searchsorted(labels, table.samples["ground_truth"])
    prediction = labels[np.where(wrong, (truth + 1) % len(labels), truth)]
    return replace(table, samples=table.samples.assign(prediction=prediction, loss=loss))


def _wrong(samples: pd.DataFrame) -> Mask:
    return (samples["prediction"] != samples["ground_truth"]).to_numpy(dtype=bool)


def planted(table: Table, kind: str, generator: Generator, even: bool = False) -> list[Mask]:
    """The slices of one setting: none, one, or two for `two slices`; of sizes as `_sized` draws them.

    Raises:
        RuntimeError: the table has none of the kind and size.
    """
    if kind == "nothing":
        return []
    if kind == "two slices":
        kinds = generator.choice(["range", "two conditions", *(["word"] if table.words else [])], 2)
        return [_sized(table, str(one), generator, even) for one in kinds]
    return [_sized(table, kind, generator, even)]


def _sized(table: Table, kind: str, generator: Generator, even: bool) -> Mask:
    """A slice of the kind, whose size is drawn evenly on a logarithmic scale, or evenly as it is."""
    largest = min(LARGEST, len(table.samples) // 6)
    for _ in range(_TRIES):
        on_scale = float(np.exp(generator.uniform(np.log(SMALLEST), np.log(largest))))
        size = float(generator.uniform(SMALLEST, largest)) if even else on_scale
        mask = _KINDS[kind](table, size / len(table.samples), generator)
        if max(SMALLEST, 0.6 * size) <= mask.sum() <= min(largest, 1.6 * size):
            return mask
    raise RuntimeError(f"no slice of the kind {kind!r} with {SMALLEST} to {largest} samples")


def _metadata(table: Table) -> list[str]:
    varied = [name for name, facts in table.columns.items() if facts["role"] == "metadata" and name in table.samples]
    return [name for name in varied if table.samples[name].nunique() > 1 and name != "metadata_label"]


def _part(table: Table, name: str, share: float, generator: Generator) -> Mask:
    """About this share of the samples: a range of a number, or a value of anything else."""
    values = table.samples[name]
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        return (values == generator.choice(values.dropna().unique())).to_numpy(dtype=bool, na_value=False)
    start = generator.uniform(0, 1 - share)
    low, high = np.nanquantile(values.to_numpy(dtype=float), [start, start + share])
    return ((values >= low) & (values <= high)).to_numpy(dtype=bool, na_value=False)


def _conditions(count: int) -> Callable[[Table, float, Generator], Mask]:
    def make(table: Table, share: float, generator: Generator) -> Mask:
        names = generator.choice(_metadata(table), count, replace=False)
        shares = share ** generator.dirichlet(np.full(count, 4.0))
        parts = [_part(table, str(name), float(one), generator) for name, one in zip(names, shares, strict=True)]
        return np.logical_and.reduce(parts)

    return make


def _word(table: Table, share: float, generator: Generator) -> Mask:
    assert table.words is not None
    counts = np.diff(table.words.by_term.indptr) / len(table.samples)
    near = np.argsort(np.abs(np.log(counts / share)))[:20]
    return table.words.has(table.words.terms[int(generator.choice(near))])


def _word_and_metadata(table: Table, share: float, generator: Generator) -> Mask:
    of_word = max(share ** generator.uniform(0.5, 0.9), share)
    name = str(generator.choice(_metadata(table)))
    return _word(table, of_word, generator) & _part(table, name, min(share / of_word, 0.9), generator)


def _topic(table: Table, share: float, generator: Generator) -> Mask:
    assert table.topics is not None
    return table.topics == generator.integers(table.topics.max() + 1)


_KINDS: dict[str, Callable[[Table, float, Generator], Mask]] = {
    "range": _conditions(1),
    "two conditions": _conditions(2),
    "three conditions": _conditions(3),
    "word": _word,
    "word and metadata": _word_and_metadata,
    "topic": _topic,
}


def synthetic(rows: int, generator: Generator, numbers: int = 24, categories: int = 6, terms: int = 3_000) -> Table:
    """A made-up table: correlated numbers, some skewed, tied or with gaps, categories, words of Zipf's frequencies."""
    factors = generator.normal(size=(rows, 6))
    data: dict[str, Any] = {"id": np.arange(rows).astype(str), "subset": "test"}
    data["ground_truth"] = generator.choice(["a", "b", "c"], rows, p=[0.5, 0.3, 0.2])
    columns = {"ground_truth": {"role": "ground_truth"}, "prediction": {"role": "prediction"}, "loss": {"role": "loss"}}
    for number in range(numbers):
        values = factors @ generator.normal(size=6) + generator.normal(size=rows) * 2
        values = [values, np.exp(values), np.round(values), np.maximum(values, 0)][number % 4]
        data[f"metadata_number_{number}"] = np.where(generator.random(rows) < (number % 5 == 4) * 0.1, np.nan, values)
    for number in range(categories):
        chances = generator.dirichlet(np.ones(2 + number * 2))
        data[f"metadata_category_{number}"] = generator.choice([f"v{i}" for i in range(len(chances))], rows, p=chances)
    columns |= {name: {"role": "metadata"} for name in data if name.startswith("metadata_")}
    wrong = generator.random(rows) < generator.uniform(0.03, 0.2)
    data["loss"] = np.where(wrong, 0.7 + generator.exponential(0.8, rows), generator.exponential(0.2, rows))
    data["prediction"] = data["ground_truth"]
    table = Table(pd.DataFrame(data), columns, _synthetic_words(rows, terms, generator) if terms else None)
    return with_outcomes(table, wrong, table.samples["loss"].to_numpy())


def _synthetic_words(rows: int, terms: int, generator: Generator) -> WordIndex:
    from scipy import sparse

    chances = np.clip(0.3 / np.arange(1, terms + 1) ** 0.6, 0.002, 0.3)
    parts = [np.flatnonzero(generator.random(rows) < chance) for chance in chances]
    starts = np.concatenate([[0], np.cumsum([len(part) for part in parts])])
    shown = sparse.csc_array((np.ones(starts[-1], dtype=bool), np.concatenate(parts), starts), shape=(rows, terms))
    return WordIndex(shown.tocsr(), tuple(f"w{term}" for term in range(terms)), np.ones(rows, dtype=bool))


def of_run(samples: pd.DataFrame, columns: dict[str, Any], texts: list[str], most_terms: int, seed: int) -> Table:
    """All samples of a run as held out, with their words and topics."""
    words = index_words(texts, most_terms)
    return Table(samples.assign(subset="test"), columns, words, other_topics(words, seed))


def other_topics(words: WordIndex, seed: int, count: int = 25) -> npt.NDArray[np.intp]:
    """Topics made otherwise than the search makes its own: k-means with other words, dimensions, number and seed."""
    from sklearn.cluster import KMeans
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfTransformer
    from sklearn.preprocessing import normalize

    single = [position for position, term in enumerate(words.terms) if " " not in term][:2_500]
    table = TfidfTransformer().fit_transform(words.shown[:, single].astype(np.float32))
    vectors = normalize(TruncatedSVD(60, random_state=seed).fit_transform(table))
    return np.asarray(KMeans(count, n_init=1, random_state=seed).fit_predict(vectors))
