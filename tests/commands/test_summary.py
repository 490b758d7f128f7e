import pandas as pd
import pytest

from IMDb.commands.summary import Group, Summary, summarise
from IMDb.text.tokenizers import WordTokenizer

TOKENIZER = WordTokenizer(["[PAD]", "[OOV]", "good", "bad", "film"], 8, 0.5, phrases=["good film"])


def frame(*rows):
    table = pd.DataFrame(rows, columns=["text", "label", "split"])
    return table.astype({"text": "string", "label": "Int64", "split": "string"})


REVIEWS = frame(
    ("good film", 1, "training"),
    ("Good, good <br />unknown film!", 1, "training"),
    ("bad", 0, "training"),
    ("good film", 1, "training"),  # once more
    ("bad", 0, "validation"),  # as in training
    ("Bad", 0, "test"),  # not letter for letter
    ("strange words", None, "unlabeled"),
    ("good film", None, "unlabeled"),  # as in training
)


class TestSummarise:
    def test_groups(self):
        assert summarise(REVIEWS, TOKENIZER).groups == [
            Group("training", "negative", reviews=1, words=1, median_words=1.0, oov_share=0.0),
            Group("training", "positive", reviews=3, words=8, median_words=2.0, oov_share=1 / 8),
            Group("validation", "negative", reviews=1, words=1, median_words=1.0, oov_share=0.0),
            Group("test", "negative", reviews=1, words=1, median_words=1.0, oov_share=0.0),
            Group("unlabeled", "-", reviews=2, words=4, median_words=2.0, oov_share=2 / 4),
        ]

    def test_duplicates_and_shared_texts(self):
        summary = summarise(REVIEWS, TOKENIZER)
        assert summary.duplicates == 3
        assert summary.shared_texts == 2

    def test_a_text_twice_in_one_split_is_not_shared(self):
        summary = summarise(frame(("film", 1, "test"), ("film", 0, "test")), TOKENIZER)
        assert (summary.duplicates, summary.shared_texts) == (1, 0)
        assert [group.label for group in summary.groups] == ["negative", "positive"]

    def test_the_index_of_the_rows_does_not_matter(self):
        assert summarise(REVIEWS.set_axis(range(100, 108)), TOKENIZER) == summarise(REVIEWS, TOKENIZER)

    @pytest.mark.parametrize(("texts", "median"), [(["film"], 1.0), (["film", "good film"], 1.5), (["..."], 0.0)])
    def test_median(self, texts, median):
        (group,) = summarise(frame(*[(text, 1, "training") for text in texts]), TOKENIZER).groups
        assert group.median_words == median
        assert group.oov_share == 0.0

    def test_of_nothing(self):
        assert summarise(frame(), TOKENIZER) == Summary([], 0, 0)

    def test_tells_of_every_review(self):
        calls = []
        summarise(REVIEWS, TOKENIZER, on_review=lambda: calls.append(1))
        assert len(calls) == len(REVIEWS)
