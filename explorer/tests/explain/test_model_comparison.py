import numpy as np
import pandas as pd
import pytest

from leap_explorer.errors import ExplorerError
from leap_explorer.explain.alignment import Span, strongest_words
from leap_explorer.explain.model_comparison import disagreements, shares, words_apart


def samples(predictions, losses, **changes):
    count = len(predictions)
    columns = {
        "id": [f"s{number}" for number in range(count)],
        "subset": ["validation"] * count,
        "ground_truth": ["pos"] * count,
        "prediction": predictions,
        "loss": losses,
        "error": [None] * count,
    }
    return pd.DataFrame(columns | changes)


def spans(*parts):
    return [Span(start, end, score, score is not None) for start, end, score in parts]


class TestDisagreements:
    def test_largest_loss_difference_first(self):
        a = samples(["pos", "pos", "neg", "pos"], [0.1, 0.2, 3.0, 0.4])
        b = samples(["pos", "neg", "pos", "neg"], [0.1, 1.2, 0.5, 0.9])
        found = disagreements(a, b, "validation")
        assert found["id"].tolist() == ["s2", "s1", "s3"]
        assert found["loss_difference"].tolist() == pytest.approx([2.5, -1.0, -0.5])
        assert found.loc[0, ["prediction_a", "prediction_b", "ground_truth"]].tolist() == ["neg", "pos", "pos"]

    def test_order_of_the_rows_does_not_matter(self):
        a, b = samples(["pos", "neg"], [0.1, 2.0]), samples(["neg", "neg"], [1.0, 2.0])
        pd.testing.assert_frame_equal(disagreements(a, b[::-1], "validation"), disagreements(a, b, "validation"))

    def test_other_subsets_and_failed_samples_are_left_out(self):
        a = samples(["pos"] * 3, [0.1] * 3, error=["no text", None, None])
        b = samples(["neg"] * 3, [0.2] * 3)
        b.loc[1, "subset"] = "training"
        assert disagreements(a, b, "validation")["id"].tolist() == ["s2"]

    def test_unlabelled_samples_come_last(self):
        a = samples(["pos", "pos"], [np.nan, 0.1], ground_truth=[None, "pos"])
        b = samples(["neg", "neg"], [np.nan, 0.2], ground_truth=[None, "pos"])
        assert disagreements(a, b, "validation")["id"].tolist() == ["s1", "s0"]

    def test_agreement(self):
        a = samples(["pos"], [0.1])
        assert disagreements(a, a, "validation").empty

    def test_nothing_in_common(self):
        a = samples(["pos"], [0.1])
        with pytest.raises(ExplorerError, match="no validation sample in common"):
            disagreements(a, a.assign(id="other"), "validation")


class TestWordsApart:
    def test_shares_are_of_all_sizes(self):
        assert shares(spans((0, 1, 3.0), (2, 3, -1.0), (4, 5, None))) == [0.75, -0.25, 0.0]
        assert shares(spans((0, 1, 0.0))) == [0.0]

    def test_largest_difference_first_whatever_the_scale(self):
        text = "good but dull"
        a = spans((0, 4, 8.0), (5, 8, 0.0), (9, 13, -2.0))
        b = spans((0, 4, 0.1), (5, 8, -0.4), (9, 13, -0.5))
        found = words_apart(text, a, b, 2)
        assert [(one.word, one.share_a, one.share_b) for one in found] == [("good", 0.8, 0.1), ("but", 0.0, -0.4)]
        assert found[0].difference == pytest.approx(0.7)

    def test_words_that_the_models_split_differently_meet(self):
        a = spans((0, 5, -1.0))  # don't
        b = spans((0, 3, -0.25), (3, 4, 0.25), (4, 5, -0.5))  # don ' t
        (found,) = words_apart("DON'T", a, b, 5)
        assert (found.word, found.share_a, found.share_b) == ("don't", -1.0, -0.5)

    def test_word_that_one_model_does_not_read(self):
        found = words_apart("a b", spans((0, 1, 1.0)), spans((0, 1, 1.0), (2, 3, -1.0)), 5)
        assert [(one.word, one.difference) for one in found] == [("a", 0.5), ("b", 0.5)]

    def test_repeated_word_is_summed(self):
        both = spans((0, 1, 1.0), (2, 3, 1.0))
        (found,) = words_apart("x X", both, [], 5)
        assert (found.word, found.share_a) == ("x", 1.0)

    def test_equal_use_is_no_contrast(self):
        assert words_apart("x", spans((0, 1, 1.0)), spans((0, 1, 5.0)), 5) == []


class TestStrongestWords:
    def test_sums_over_places_by_side(self):
        text = "Good good bad fine odd"
        found = strongest_words(text, spans((0, 4, 1.0), (5, 9, 0.5), (10, 13, -2.0), (14, 18, 0.1), (19, 22, None)), 2)
        assert [[(one.word, one.score, one.count) for one in side] for side in found] == [
            [("good", 1.5, 2), ("fine", 0.1, 1)],
            [("bad", -2.0, 1)],
        ]

    def test_zero_is_on_no_side(self):
        assert strongest_words("a", spans((0, 1, 0.0)), 5) == ([], [])

    def test_of_nothing(self):
        assert strongest_words("", [], 5) == ([], [])
