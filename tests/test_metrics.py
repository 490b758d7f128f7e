from math import log

import numpy as np
import pytest
from code_loader.contract.enums import ConfusionMatrixValue

from IMDb.config import LABELS
from IMDb.metrics import (
    accuracy,
    brier_score,
    confidence,
    confusion_matrix,
    cross_entropy,
    log_softmax,
    margin,
    probabilities,
    softmax,
)

LOSS_AND_METRICS = [cross_entropy, confidence, brier_score, margin]
# The logits' softmax is (1/4, 3/4) and (4/5, 1/5)
LOGITS = np.array([[0.0, log(3.0)], [log(4.0) + 5.0, 5.0]])
PROBABILITIES = np.array([[0.25, 0.75], [0.8, 0.2]])


def one_hot(*labels):
    return np.eye(2, dtype=np.float32)[list(labels)]


class TestSoftmax:
    def test_by_hand(self):
        assert softmax(LOGITS) == pytest.approx(PROBABILITIES)
        assert log_softmax(LOGITS) == pytest.approx(np.log(PROBABILITIES))

    @pytest.mark.parametrize("size", [1000.0, 65504.0, 1e30])
    @pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
    def test_stays_finite(self, size, dtype):
        logits = np.array([[size, -size]]).clip(-65504.0, 65504.0).astype(dtype)
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            assert softmax(logits).tolist() == [[1.0, 0.0]]
            assert log_softmax(logits).tolist() == [[0.0, -2.0 * float(logits[0, 0])]]

    def test_leaves_its_argument_alone(self):
        logits = LOGITS.copy()
        softmax(logits)
        assert (logits == LOGITS).all()

    def test_probabilities_of_a_model_that_gives_them(self):
        assert (probabilities(PROBABILITIES, from_logits=False) == PROBABILITIES).all()
        assert probabilities(LOGITS, from_logits=True) == pytest.approx(PROBABILITIES)


class TestByHand:
    @pytest.mark.parametrize(("outputs", "from_logits"), [(LOGITS, True), (PROBABILITIES, False)])
    @pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
    @pytest.mark.parametrize(
        ("metric", "labels", "expected"),
        [
            (cross_entropy, (1, 0), [-log(0.75), -log(0.8)]),
            (cross_entropy, (0, 1), [log(4.0), log(5.0)]),
            (confidence, (1, 0), [0.75, 0.8]),
            (confidence, (0, 1), [0.25, 0.2]),
            (brier_score, (1, 0), [1 / 16, 0.04]),
            (brier_score, (0, 1), [9 / 16, 0.64]),
            (margin, (1, 0), [0.5, 0.6]),
            (margin, (0, 1), [-0.5, -0.6]),
        ],
    )
    def test_values(self, metric, labels, expected, outputs, from_logits, dtype):
        values = metric(one_hot(*labels).astype(dtype), outputs.astype(dtype), from_logits)
        assert values == pytest.approx(expected, abs=5e-3 if dtype is np.float16 else 1e-6)
        assert values.dtype == np.float32
        assert values.shape == (2,)

    @pytest.mark.parametrize("outputs", [LOGITS, PROBABILITIES])
    @pytest.mark.parametrize(("labels", "expected"), [((1, 0), [1, 1]), ((0, 1), [0, 0]), ((1, 1), [1, 0])])
    def test_accuracy(self, outputs, labels, expected):
        values = accuracy(one_hot(*labels).astype(np.float16), outputs.astype(np.float16))
        assert values.tolist() == expected
        assert values.dtype == np.float32

    def test_a_coins_loss(self):
        assert cross_entropy(one_hot(0), np.zeros((1, 2)), True) == pytest.approx([log(2.0)])


class TestExtremes:
    @pytest.mark.parametrize("dtype", [np.float16, np.float32])
    @pytest.mark.parametrize(
        ("metric", "right", "wrong"),
        [(cross_entropy, 0.0, 2000.0), (confidence, 1.0, 0.0), (brier_score, 0.0, 1.0), (margin, 1.0, -1.0)],
    )
    def test_logits_of_a_thousand(self, metric, right, wrong, dtype):
        logits = np.array([[1000.0, -1000.0], [1000.0, -1000.0]], dtype=dtype)
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            assert metric(one_hot(0, 1), logits, True).tolist() == [right, wrong]

    @pytest.mark.parametrize("dtype", [np.float16, np.float32])
    def test_certain_and_wrong_probabilities_have_a_finite_loss(self, dtype):
        loss = cross_entropy(one_hot(0, 1), np.array([[1.0, 0.0], [1.0, 0.0]], dtype=dtype), False)
        assert loss == pytest.approx([0.0, -log(1e-7)])

    @pytest.mark.parametrize("from_logits", [True, False])
    def test_ranges_and_relations(self, from_logits):
        generator = np.random.default_rng(0)
        outputs = generator.normal(0.0, 20.0, size=(200, 2))
        if not from_logits:
            outputs = softmax(outputs)
        truth = one_hot(*generator.integers(2, size=200))
        shares = probabilities(outputs, from_logits)
        of_truth, of_other = (truth * shares).sum(axis=1), ((1 - truth) * shares).sum(axis=1)
        brier, margins = brier_score(truth, outputs, from_logits), margin(truth, outputs, from_logits)
        assert (brier >= 0).all()
        assert (brier <= 1).all()
        assert brier == pytest.approx(((truth - shares) ** 2).sum(axis=1) / 2, abs=1e-6)
        assert margins == pytest.approx(2 * of_truth - 1, abs=1e-6)
        assert margins == pytest.approx(of_truth - of_other, abs=1e-6)
        assert ((margins > 0) == (accuracy(truth, outputs) == 1)).all()
        assert (cross_entropy(truth, outputs, from_logits) >= 0).all()


class TestUnlabelled:
    @pytest.mark.parametrize("metric", LOSS_AND_METRICS)
    @pytest.mark.parametrize("from_logits", [True, False])
    def test_every_value_is_nan(self, metric, from_logits):
        values = metric(np.empty((2, 0), dtype=np.float32), PROBABILITIES, from_logits)
        assert values.shape == (2,)
        assert values.dtype == np.float32
        assert np.isnan(values).all()

    def test_accuracy(self):
        values = accuracy(np.empty((2, 0)), LOGITS)
        assert values.shape == (2,)
        assert values.dtype == np.float32
        assert np.isnan(values).all()

    def test_confusion_matrix(self):
        assert confusion_matrix(np.empty((2, 0)), LOGITS, True) == [[], []]


class TestConfusionMatrix:
    @pytest.mark.parametrize(("outputs", "from_logits"), [(LOGITS, True), (PROBABILITIES, False)])
    def test_elements(self, outputs, from_logits):
        samples = confusion_matrix(one_hot(1, 1), outputs, from_logits)
        assert [[element.label for element in sample] for sample in samples] == [["negative", "positive"]] * 2
        outcomes = [ConfusionMatrixValue.Negative, ConfusionMatrixValue.Positive]
        assert [[element.expected_outcome for element in sample] for sample in samples] == [outcomes] * 2
        assert [[e.predicted_probability for e in s] for s in samples] == [pytest.approx(row) for row in PROBABILITIES]

    @pytest.mark.parametrize("label", [0, 1])
    def test_the_positive_element_is_the_true_label(self, label):
        (sample,) = confusion_matrix(one_hot(label).astype(np.float16), LOGITS[:1].astype(np.float16), True)
        assert [e.label for e in sample if e.expected_outcome == ConfusionMatrixValue.Positive] == [LABELS[label]]
        assert all(type(element.predicted_probability) is float for element in sample)


def test_log_softmax_is_over_the_last_axis_of_any_shape():
    logits = np.array([[[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]])
    assert np.exp(log_softmax(logits)) == pytest.approx(np.full((1, 2, 3), 1 / 3))


def test_a_probability_above_1_is_no_gain():
    assert cross_entropy(np.array([[0.0, 1.0]]), np.array([[0.0, 1.5]]), from_logits=False)[0] == 0


@pytest.mark.parametrize(("truths", "outputs"), [((1, 2), (2, 2)), ((1, 2), (1, 3)), ((1, 3), (1, 3))])
def test_a_confusion_matrix_of_what_does_not_fit(truths, outputs):
    with pytest.raises(ValueError, match="zip"):
        confusion_matrix(np.ones(truths), np.ones(outputs), from_logits=True)
