"""Where two models disagree, and the words that pull them apart."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from leap_explorer.errors import ExplorerError
from leap_explorer.explain.alignment import Span

OF_A, OF_B = "_a", "_b"


def disagreements(a: pd.DataFrame, b: pd.DataFrame, subset: str) -> pd.DataFrame:
    """The samples of a subset for which two runs predict different labels, that with the largest loss difference first.

    Columns: `id`, `ground_truth`, `prediction_a`, `prediction_b`, `loss_a`, `loss_b` and `loss_difference`, the first
    less the second. Samples without a label have no loss and come last. Samples that failed in a run are left out.

    Raises:
        ExplorerError: the runs have no sample of the subset in common.
    """
    both = _in_common(a, b, subset)
    both = both[both["prediction_a"] != both["prediction_b"]]
    both = both.assign(loss_difference=both["loss_a"] - both["loss_b"])
    order = both["loss_difference"].abs().sort_values(ascending=False, kind="stable", na_position="last").index
    return both.loc[order].reset_index(drop=True)


def _in_common(a: pd.DataFrame, b: pd.DataFrame, subset: str) -> pd.DataFrame:
    columns = ["id", "ground_truth", "prediction", "loss"]
    of_a, of_b = (
        table.loc[(table["subset"] == subset) & table["error"].isna(), columns].drop_duplicates("id")
        for table in (a, b)
    )
    both = of_a.merge(of_b.drop(columns="ground_truth"), on="id", suffixes=(OF_A, OF_B))
    if both.empty:
        raise ExplorerError(f"The two runs have no {subset} sample in common. Give runs of the same data.")
    return both


@dataclass(frozen=True)
class WordContrast:
    """A word wherever it stands in a text, upper and lower case alike, as two models use it.

    A share is the word's part, -1 to 1, of the sum of the sizes of all of a model's scores in the text.
    """

    word: str  #: in lower case
    share_a: float
    share_b: float

    @property
    def difference(self) -> float:
        """-2 to 2: above 0 the word speaks more for the target with the first model than with the second."""
        return self.share_a - self.share_b


def words_apart(text: str, a: Sequence[Span], b: Sequence[Span], count: int) -> list[WordContrast]:
    """The words that two models use most differently, at most `count`, the largest difference first.

    A word of one model takes all words of the other that share a character with it: "don't" meets "don", "'" and "t".
    """
    shares_a, shares_b = shares(a), shares(b)
    found: dict[str, tuple[float, float]] = {}
    for start, end, of_a, of_b in _joined(a, shares_a, b, shares_b):
        word = text[start:end].lower()
        before = found.get(word, (0.0, 0.0))
        found[word] = (before[0] + of_a, before[1] + of_b)
    words = [WordContrast(word, *of_word) for word, of_word in found.items()]
    ranked = sorted(words, key=lambda word: -abs(word.difference))
    return [word for word in ranked[:count] if word.difference]


def shares(spans: Sequence[Span]) -> list[float]:
    """For each span its part of the sum of all sizes; 0 for what was not read."""
    total = math.fsum(abs(span.score or 0.0) for span in spans)
    return [(span.score or 0.0) / total if total else 0.0 for span in spans]


def _joined(
    a: Sequence[Span], shares_a: Sequence[float], b: Sequence[Span], shares_b: Sequence[float]
) -> list[tuple[int, int, float, float]]:
    """(start, end, share of a, share of b) of the pieces of the text that spans of either cover."""
    spans = [(span.start, span.end, share, 0.0) for span, share in zip(a, shares_a, strict=True)]
    spans += [(span.start, span.end, 0.0, share) for span, share in zip(b, shares_b, strict=True)]
    joined: list[tuple[int, int, float, float]] = []
    for start, end, of_a, of_b in sorted(spans):
        if joined and start < joined[-1][1]:
            before = joined.pop()
            start, end, of_a, of_b = before[0], max(before[1], end), before[2] + of_a, before[3] + of_b
        joined.append((start, end, of_a, of_b))
    return joined
