"""Loss and metrics: batched numpy in, one float32 value a sample out.

`y_true` is one-hot and `y_pred` are the model's outputs, both [batch, 2] in the order of `LABELS`; `from_logits` says
whether those are logits or probabilities. Without labels (`y_true` [batch, 0]) every value is NaN. The platform hands
the arrays over as float16; everything is computed in float64.
"""

import numpy as np
import numpy.typing as npt
from code_loader.contract.datasetclasses import ConfusionMatrixElement
from code_loader.contract.enums import ConfusionMatrixValue

from IMDb.config import LABELS

Array = npt.NDArray[np.floating]
PerSample = npt.NDArray[np.float32]


def log_softmax(logits: Array) -> npt.NDArray[np.float64]:
    """Logarithm of the softmax over the last axis, finite for logits of any size: the largest is subtracted first."""
    shifted = logits.astype(np.float64)
    shifted -= shifted.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def softmax(logits: Array) -> npt.NDArray[np.float64]:
    """Probabilities over the last axis."""
    return np.exp(log_softmax(logits))


def probabilities(y_pred: Array, from_logits: bool) -> npt.NDArray[np.float64]:
    """The model's outputs as probabilities: logits go through the softmax, probabilities stay as they are."""
    return softmax(y_pred) if from_logits else y_pred.astype(np.float64)


def cross_entropy(y_true: Array, y_pred: Array, from_logits: bool) -> PerSample:
    """Cross-entropy in nats, 0 upwards, lower is better; a coin's is ln 2 = 0.69.

    Probabilities are clipped at 1e-7, so that their logarithm is finite; logits need no clipping.
    """
    if _is_unlabelled(y_true):
        return _unknown(y_pred)
    log_probability = log_softmax(y_pred) if from_logits else np.log(np.clip(y_pred.astype(np.float64), 1e-7, 1.0))
    return -(y_true * log_probability).sum(axis=-1).astype(np.float32)


def accuracy(y_true: Array, y_pred: Array) -> PerSample:
    """1 where the class with the highest output is the true one, else 0."""
    if _is_unlabelled(y_true):
        return _unknown(y_pred)
    return (y_pred.argmax(axis=-1) == y_true.argmax(axis=-1)).astype(np.float32)


def confidence(y_true: Array, y_pred: Array, from_logits: bool) -> PerSample:
    """Probability of the true class, 0-1, higher is better."""
    if _is_unlabelled(y_true):
        return _unknown(y_pred)
    return (y_true * probabilities(y_pred, from_logits)).sum(axis=-1).astype(np.float32)


def brier_score(y_true: Array, y_pred: Array, from_logits: bool) -> PerSample:
    """Squared error of the true class's probability, 0-1, lower is better (Brier 1950, halved as is usual for two)."""
    return (1.0 - confidence(y_true, y_pred, from_logits)) ** 2


def margin(y_true: Array, y_pred: Array, from_logits: bool) -> PerSample:
    """Probability of the true class less that of the other, -1 to 1, higher is better; below 0 the answer is wrong."""
    return 2.0 * confidence(y_true, y_pred, from_logits) - 1.0


def confusion_matrix(y_true: Array, y_pred: Array, from_logits: bool) -> list[list[ConfusionMatrixElement]]:
    """For each sample one element a class: its name, whether it is the true one, and its probability."""
    if _is_unlabelled(y_true):
        return [[] for _ in y_pred]
    return [
        [
            ConfusionMatrixElement(
                label,
                ConfusionMatrixValue.Positive if truth > 0.5 else ConfusionMatrixValue.Negative,
                float(probability),
            )
            for label, truth, probability in zip(LABELS, truths, row, strict=True)
        ]
        for truths, row in zip(y_true, probabilities(y_pred, from_logits), strict=True)
    ]


def _is_unlabelled(y_true: Array) -> bool:
    """Unlabelled reviews have an empty ground truth, [batch, 0]."""
    return y_true.shape[-1] == 0


def _unknown(y_pred: Array) -> PerSample:
    return np.full(len(y_pred), np.nan, dtype=np.float32)
