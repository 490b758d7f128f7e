"""What a metric gives, as columns of numbers and as counts of a confusion matrix's elements."""

from collections import Counter
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from code_loader.contract.enums import ConfusionMatrixValue

Array = npt.NDArray[Any]

CONFUSION_KINDS = ("true_positives", "false_positives", "true_negatives", "false_negatives")


class MetricValues(NamedTuple):
    """What a metric gives of a batch."""

    columns: dict[str, Array]  #: [n] by name; NaN for None
    elements: dict[str, list[Counter[tuple[str, str]]]]  #: of each sample of a confusion matrix, by label and outcome


def per_sample(name: str, values: Any, count: int) -> Array:
    array = np.asarray(values, dtype=np.float32)
    if array.shape != (count,):
        raise ValueError(f"{name} gives an array of shape {array.shape} for {count} samples, not ({count},)")
    return array


def outcomes(elements: list[Any]) -> Counter[tuple[str, str]]:
    """How many of one sample's elements have each label and outcome."""
    return Counter((str(element.label), _outcome(element)) for element in elements)


def _outcome(element: Any) -> str:
    is_positive = element.expected_outcome == ConfusionMatrixValue.Positive
    is_predicted = element.predicted_probability > 0.5
    return f"{'true' if is_positive == is_predicted else 'false'}_{'positives' if is_predicted else 'negatives'}"


def outcome_counts(name: str, samples: list[Counter[tuple[str, str]]]) -> dict[str, Array]:
    counts = {kind: np.zeros(len(samples), dtype=np.float32) for kind in CONFUSION_KINDS}
    for i, outcomes in enumerate(samples):
        for (_, kind), count in outcomes.items():
            counts[kind][i] += count
    return {f"{name}_{kind}": values for kind, values in counts.items()}
