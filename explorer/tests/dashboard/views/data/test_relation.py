"""Sentences on made-up relations: each says the shape and its numbers."""

import numpy as np
import pandas as pd
import pytest

from leap_explorer.dashboard.views.data.relation import SHAPES, relation_in_words
from leap_explorer.insights import metadata_profile
from leap_explorer.insights.shape import Kind

X = np.random.default_rng(0).uniform(0, 1, 1200)


def sentence(values, loss, column="word sentiment"):
    noise = np.random.default_rng(1).exponential(0.1, len(loss))
    profile = metadata_profile(pd.DataFrame({"loss": loss + noise, "metadata_x": values}), "metadata_x")
    return relation_in_words(profile, column, "loss")


def test_every_shape_has_a_word():
    assert set(SHAPES) == set(Kind.__args__)


@pytest.mark.parametrize(
    ("loss", "start"),
    [
        (X, "Loss rises with word sentiment: 0."),
        (-X + 1, "Loss falls as word sentiment rises: "),
        ((np.abs(X - 0.5) < 0.1) * 1.0, "Loss peaks where word sentiment is 0.4"),
        ((np.abs(X - 0.5) > 0.1) * 1.0, "Loss is lowest where word sentiment is 0.4"),
        (np.sin(12 * X) + 1, "Loss goes up and down with word sentiment: "),
        (np.zeros(1200), "No relation between word sentiment and loss stands out from chance."),
    ],
)
def test_shapes(loss, start):
    text = sentence(X, loss)
    assert text.startswith(start)
    assert "Word sentiment explains " in text
    assert "% of the variance in loss (95 % interval " in text


def test_a_peak_says_how_much_more():
    profile = {
        "bins": [
            {"low": 0.0, "high": 0.4, "n": 480, "mean": 0.2, "label": ""},
            {"low": 0.4, "high": 0.6, "n": 240, "mean": 0.4, "label": ""},
            {"low": 0.6, "high": 1.0, "n": 480, "mean": 0.3, "label": ""},
        ],
        "shape": {"kind": "peak", "at": [1, 1], "between": None},
        "decimals": 1,
        "explained": {"value": 0.021, "low": 0.008, "high": 0.036},
    }
    assert relation_in_words(profile, "polarity", "loss") == (
        "Loss peaks where polarity is 0.4 to 0.6: 0.4 on average, 60 % more than elsewhere (0.25). "
        "Polarity explains 2.1 % of the variance in loss (95 % interval 0.8 to 3.6 %)."
    )


def test_values_without_an_order():
    flags = X > 0.5
    assert sentence(flags, flags * 1.0, "review is cut off").startswith(
        "Loss is highest where “review is cut off” is true (1.1 on average), lowest where it is false (0."
    )


def test_too_few_samples():
    assert sentence(X[:5], X[:5]).startswith("Too few samples")
