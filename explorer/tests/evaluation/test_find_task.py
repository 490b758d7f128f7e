"""Which kind of task it is; the number of labels alone never decides it."""

import numpy as np
import pytest

from leap_explorer.errors import ExplorerError
from leap_explorer.evaluation.find_task import Probes, find_task

RANDOM = np.random.default_rng(0)
LOGITS = RANDOM.normal(size=(6, 4))
SHARES = RANDOM.uniform(size=(6, 4))
ONE_HOT = np.eye(4)[[0, 1, 2, 3, 0, 1]]
BOXES = RANDOM.uniform(size=(6, 4))
MANY = np.array([[1, 1, 0, 0], [0, 0, 0, 0], [0, 1, 0, 1], [1, 0, 0, 0], [0, 0, 1, 1], [1, 1, 1, 1]])
NAMES = ("a", "b", "c", "d")
TOKENS = RANDOM.normal(size=(6, 5, 3))
TAGS = RANDOM.integers(0, 3, (6, 5))
TWO = ("no", "yes")


def found(output, truth, labels=(), kind=None, channel_dim=-1):
    truths = {} if truth is None else {"y": list(np.asarray(truth, dtype=np.float32))}
    return find_task(Probes(list(np.asarray(output, dtype=np.float32)), truths, labels, channel_dim), kind)


@pytest.mark.parametrize(
    ("output", "truth", "labels", "kind"),
    [
        (LOGITS, ONE_HOT, NAMES, "single-label"),
        (LOGITS, ONE_HOT * 0.9 + 0.025, NAMES, "single-label"),
        (LOGITS, [[0], [1], [2], [3], [-1], [1]], NAMES, "single-label"),
        (LOGITS, [0, 1, 2, 3, 0, 1], (), "single-label"),
        (SHARES, ONE_HOT, NAMES, "single-label"),
        (SHARES, MANY, NAMES, "multi-label"),
        (LOGITS, MANY, (), "multi-label"),
        (SHARES, BOXES, NAMES, "vector-regression"),
        (LOGITS, BOXES * 100, ("x", "y", "w", "h"), "vector-regression"),
        (LOGITS, [[0.5], [1.5], [2], [3], [0], [1]], NAMES, "other"),
        (SHARES[:, :1], [[0], [1], [1], [0], [1], [0]], TWO, "binary"),
        (SHARES[:, :1], [[0], [1], [1], [0], [1], [0]], (), "binary"),
        (LOGITS[:, :1], [[0], [1], [1], [0], [1], [0]], TWO, "binary"),
        (LOGITS[:, :1], BOXES[:, :1], TWO, "regression"),
        (LOGITS[:, :1], BOXES[:, :1], ("value",), "regression"),
        (LOGITS[:, :1], [[3], [1], [5], [2], [4], [1]], (), "regression"),
        (TOKENS, TAGS, NAMES[:3], "positions"),
        (TOKENS, np.eye(3)[TAGS], NAMES[:3], "positions"),
        (TOKENS, np.where(TAGS == 2, -100, TAGS), (), "positions"),
        (np.moveaxis(RANDOM.normal(size=(6, 8, 8, 3)), -1, 1), RANDOM.integers(0, 3, (6, 8, 8)), (), "positions"),
        (RANDOM.uniform(size=(6, 8, 8, 1)), RANDOM.integers(0, 2, (6, 8, 8, 1)), (), "positions"),
        (TOKENS, RANDOM.normal(size=(6, 5, 3)), (), "other"),
        (RANDOM.normal(size=(6, 10, 7)), RANDOM.normal(size=(6, 4, 5)), (), "other"),
        (LOGITS, None, NAMES, "other"),
        (SHARES / SHARES.sum(axis=1, keepdims=True), None, NAMES, "single-label"),
    ],
)
def test_kind(output, truth, labels, kind):
    task = found(output, truth, labels)
    assert (task.kind, task.decided_by) == (kind, "outputs")


@pytest.mark.parametrize(
    ("output", "activation"),
    [(LOGITS, "logits"), (SHARES, "shares"), (SHARES / SHARES.sum(axis=1, keepdims=True), "probabilities")],
)
def test_activation(output, activation):
    assert found(output, ONE_HOT).activation == activation


def test_all_zero_rows_say_nothing_where_outputs_sum_to_one():
    truth = np.where(np.arange(6)[:, None] == 2, 0, ONE_HOT)
    assert found(SHARES / SHARES.sum(axis=1, keepdims=True), truth).kind == "single-label"
    assert found(SHARES, truth).kind == "multi-label"


def test_names():
    assert found(LOGITS, ONE_HOT, NAMES).labels == NAMES
    assert found(LOGITS, ONE_HOT).labels == ("0", "1", "2", "3")
    assert found(SHARES[:, :1], [[0], [1], [1], [0], [1], [0]], ("spam",)).labels == ("not spam", "spam")


def test_class_axis():
    first = np.moveaxis(TOKENS, -1, 1)
    assert found(first, TAGS, channel_dim=1).class_axis == 0
    assert found(TOKENS, TAGS).class_axis == -1


def test_the_ground_truth_that_fits():
    truths = {"box": [np.zeros(7)] * 6, "kind": list(ONE_HOT)}
    assert find_task(Probes(list(LOGITS), truths)).ground_truth == "kind"


class TestByHand:
    def test_another_kind_that_fits(self):
        task = found(LOGITS, ONE_HOT, NAMES, "vector-regression")
        assert (task.kind, task.decided_by, task.ground_truth) == ("vector-regression", "hand", "y")

    def test_logits_of_two(self):
        assert found(LOGITS[:, :1], [[0], [1], [1], [0], [1], [0]], (), "binary").activation == "logits"

    def test_without_a_ground_truth(self):
        assert found(LOGITS, None, NAMES, "single-label").labels == NAMES

    def test_other(self):
        assert found(LOGITS, ONE_HOT, NAMES, "other").kind == "other"

    def test_one_that_does_not_fit(self):
        with pytest.raises(ExplorerError, match=r"task binary does not fit the output of shape \(4,\) .* y \(4,\)"):
            found(LOGITS, ONE_HOT, NAMES, "binary")
