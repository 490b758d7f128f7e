"""Which words are over-represented among a model's wrong predictions, against right ones of the same label."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leap_explorer.insights.log_odds import WordOdds, words_apart
from leap_explorer.insights.rows import Mask, wrong
from leap_explorer.runs.words import ShownWords

#: Of a label with fewer wrong predictions nothing is said: no word could stand out.
FEWEST_WRONG = 20
MOST_LABELS, MOST_WORDS = 4, 10


@dataclass(frozen=True)
class ErrorWords:
    """Samples of one ground truth: how many are predicted wrong and right, and the words that set the wrong apart.

    Of two labels, the wrong ones of the negative label are the false positives.
    """

    label: str
    n_wrong: int
    n_right: int
    words: tuple[WordOdds, ...]  #: counts are samples; the farthest from chance first


def error_words(samples: pd.DataFrame, words: ShownWords, rows: Mask) -> list[ErrorWords]:
    """Words of the wrong predictions among the marked samples, for each ground truth, the most often wrong first.

    A label is compared with itself, so that what only goes with a label is no finding. A word is listed where its
    log-odds ratio with an informative Dirichlet prior is above 0 at 95 %, corrected (Bonferroni) for all words of all
    labels compared. At most `MOST_LABELS` labels, those of at least `FEWEST_WRONG` wrong predictions and one right
    one; none for what is no classifier.

    Args:
        words: of the samples, row by row.
        rows: [n], the samples that count.
    """
    errors = wrong(samples)
    if errors is None:
        return []
    counted, truth = rows & words.has_text, samples["ground_truth"]
    frequent = truth[counted & (errors == 1)].value_counts()
    labels = [label for label, n in frequent.items() if n >= FEWEST_WRONG][:MOST_LABELS]
    of_labels = [(str(label), counted & (truth == label).to_numpy(dtype=bool, na_value=False)) for label in labels]
    found = [
        _of_label(label, words, mask & (errors == 1), mask & (errors == 0), len(of_labels)) for label, mask in of_labels
    ]
    return [one for one in found if one.n_right]


def _of_label(label: str, words: ShownWords, wrong_ones: Mask, right_ones: Mask, families: int) -> ErrorWords:
    odds = words_apart(words, wrong_ones, right_ones, MOST_WORDS, families)
    return ErrorWords(label, int(np.count_nonzero(wrong_ones)), int(np.count_nonzero(right_ones)), tuple(odds))
