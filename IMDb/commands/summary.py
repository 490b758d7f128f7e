"""What a data source holds, in numbers."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from IMDb.config import LABELS
from IMDb.reviews.dataset import SPLITS
from IMDb.text.standardise import standardise
from IMDb.text.tokenizers import WordTokenizer


@dataclass(frozen=True)
class Group:
    """The reviews of one label in one split."""

    split: str
    label: str  #: "-" without one
    reviews: int
    words: int
    median_words: float
    oov_share: float  #: share of the words outside the dense model's vocabulary, 0-1


@dataclass(frozen=True)
class Summary:
    """A whole data source."""

    groups: list[Group]
    duplicates: int  #: reviews whose text, letter for letter, stands earlier in the source
    shared_texts: int  #: distinct texts that stand in more than one split


def summarise(
    reviews: pd.DataFrame, tokenizer: WordTokenizer, on_review: Callable[[], object] = lambda: None
) -> Summary:
    """Count what there is; `on_review` is called after each review."""
    words, oov = np.empty(len(reviews), dtype=np.int64), np.empty(len(reviews), dtype=np.int64)
    for row, text in enumerate(reviews["text"]):
        ids = tokenizer.look_up(standardise(text))
        words[row], oov[row] = len(ids), (ids == tokenizer.oov_id).sum()
        on_review()
    counted = reviews.assign(words=words, oov=oov, name=reviews["label"].map(dict(enumerate(LABELS))).fillna("-"))
    groups = [
        Group(
            split,
            str(label),
            len(rows),
            int(rows["words"].sum()),
            float(rows["words"].median()),
            float(rows["oov"].sum() / max(1, rows["words"].sum())),
        )
        for split in SPLITS
        for label, rows in counted[counted["split"] == split].groupby("name")
    ]
    splits_of_text = reviews.groupby("text")["split"].nunique()
    return Summary(groups, int(reviews["text"].duplicated().sum()), int((splits_of_text > 1).sum()))
