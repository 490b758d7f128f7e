"""The card of words: links that filter, and what it says where there is nothing to tell."""

import numpy as np
import pandas as pd

from dashboard_data import made_context, made_data
from leap_explorer.dashboard.parts.error_words import error_word_cards
from leap_explorer.dashboard.state import State
from leap_explorer.runs.words import ShownWords

N = 800


def _context(term="dull", reader=None):
    """Half are "no"; every tenth is predicted wrong, and shows the term."""
    row = np.arange(N)
    truth = np.where(row < N // 2, "no", "yes")
    is_wrong = row % 10 == 0
    columns = {
        "id": row.astype(str),
        "subset": "test",
        "ground_truth": pd.array(truth, dtype="string"),
        "prediction": pd.array(np.where(is_wrong, np.where(truth == "no", "yes", "no"), truth), dtype="string"),
        "loss": np.where(is_wrong, 2.0, 0.1),
    }
    data = made_data(pd.DataFrame(columns))
    shown = np.flatnonzero(is_wrong | (row % 50 == 1)).astype(np.int32)
    starts, rows = np.array([0, len(shown), len(shown) + N]), np.concatenate([shown, row]).astype(np.int32)
    vars(data.run)["words"] = ShownWords((term, "film"), starts, rows, np.ones(N, dtype=bool))
    return made_context(data, reader=reader)


def _cards(context, rows):
    (data,) = context.data.values()
    return str(error_word_cards(context, data, rows, State()))


def test_a_word_is_a_link_to_its_samples_of_the_label():
    text = _cards(_context(), np.ones(N, dtype=bool))
    assert "no, predicted wrong: 40, against 360 predicted right" in text
    assert '["words","has","dull"]' in text.replace("\\", "")
    assert '["ground_truth","==","no"]' in text.replace("\\", "")
    assert "100.0 %" in text


def test_too_few_wrong_predictions_are_said():
    assert "words cannot be told from chance" in _cards(_context(), np.arange(N) < 100)


def test_a_run_without_words_says_how_to_get_them_if_it_has_texts():
    class Texts:
        def text(self, sample_id):
            return "A film."

        def label_csv(self, decisions):
            return ""

    for reader, expected in ((None, "[]"), (Texts(), "leap-explorer renew")):
        context = _context(reader=reader)
        (data,) = context.data.values()
        vars(data.run)["words"] = None
        assert expected in _cards(context, np.ones(N, dtype=bool))
