"""What the model says and what is right, as a run's columns: by the kind of task. All pure functions of arrays."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from leap_explorer.runs.schema import POSITIONS
from leap_explorer.runs.task import Kind, Task

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Truths = Sequence[Array | None]  # of each sample, None where nothing is right or wrong

NO_LABEL = "none"  #: the set of labels of a sample that has none
JOINED = " + "  #: between the labels of a sample that has several


def outcome_columns(task: Task, outputs: Array, truths: Truths) -> dict[str, list[Any]]:
    """By column a value for each sample, None where there is none.

    Args:
        outputs: [n, ...], the analysed output.
        truths: [n], the ground truth that it is compared with.
    """
    make = _MAKERS.get(task.kind)
    return make(task, np.asarray(outputs), truths) if make else {}


def probabilities(task: Task, outputs: Array) -> Floats:
    """[n, labels] of [n, ...] outputs: as they are, as shares of their sum, or by softmax.

    Of two labels from one output, and of any number of labels, each by itself: clipped to 0-1, or by the logistic.
    """
    flat = np.asarray(outputs, dtype=np.float64).reshape(len(outputs), -1)
    if task.kind in ("binary", "multi-label"):
        each = sigmoid(flat) if task.activation == "logits" else np.clip(flat, 0, 1)
        return np.column_stack([1 - each, each]) if task.kind == "binary" else each
    if task.activation == "logits":
        return softmax(flat)
    if task.activation == "shares":
        return flat / np.where(flat.sum(axis=1, keepdims=True) > 0, flat.sum(axis=1, keepdims=True), np.nan)
    return flat


def softmax(logits: Array) -> Floats:
    """Probabilities over the last axis."""
    shifted = logits.astype(np.float64)
    shifted = np.exp(shifted - shifted.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def sigmoid(logits: Array) -> Floats:
    """Probability of each by itself."""
    return 0.5 * (1 + np.tanh(0.5 * np.asarray(logits, dtype=np.float64)))


def position_classes(task: Task, output: Array) -> npt.NDArray[np.int64]:
    """The class number of each position of one sample, [positions]."""
    if task.class_axis is None:
        return (np.ravel(output) >= (0.5 if task.activation == "shares" else 0.0)).astype(np.int64)
    return np.ravel(np.argmax(output, axis=task.class_axis))


def confusions(task: Task, output: Array, truth: Array) -> list[dict[str, Any]]:
    """How many positions of one sample have each true and each predicted class, of those that have a true one."""
    width = len(task.labels)
    right, said = _true_classes(task, np.asarray(output), truth), position_classes(task, output)
    pairs, counts = np.unique(right[right >= 0] * width + said[right >= 0], return_counts=True)
    return [
        {"matrix": POSITIONS, "truth": task.labels[i // width], "prediction": task.labels[i % width], "count": count}
        for i, count in zip(pairs.tolist(), counts.tolist(), strict=True)
    ]


def _of_classes(task: Task, outputs: Array, truths: Truths) -> dict[str, list[Any]]:
    given = probabilities(task, outputs)
    said = given.argmax(axis=1) if task.kind == "single-label" else (given[:, 1] >= 0.5).astype(int)
    columns: dict[str, list[Any]] = {f"probability_{name}": given[:, i].tolist() for i, name in enumerate(task.labels)}
    return columns | {
        "prediction": [task.labels[int(one)] for one in said],
        "ground_truth": [_label(task, one) for one in truths],
    }


def _label(task: Task, truth: Array | None) -> str | None:
    """Of a class number, of a one-hot or smoothed vector, or of 0 or 1; None of what names no label."""
    if truth is None or not truth.size:
        return None
    if task.kind == "binary":
        index = int(truth.reshape(-1)[0] >= 0.5)
    elif truth.size == len(task.labels):
        index = int(truth.argmax()) if truth.any() else -1
    else:
        index = int(truth.reshape(-1)[0])
    return task.labels[index] if 0 <= index < len(task.labels) else None


def _of_label_sets(task: Task, outputs: Array, truths: Truths) -> dict[str, list[Any]]:
    given = probabilities(task, outputs)
    right = [None if one is None or not one.size else one.reshape(-1) >= 0.5 for one in truths]
    columns: dict[str, list[Any]] = {}
    for i, name in enumerate(task.labels):
        columns[f"label_probability_{name}"] = given[:, i].tolist()
        columns[f"label_truth_{name}"] = [None if one is None else float(one[i]) for one in right]
    columns["prediction"] = [_joined(task, row >= 0.5) for row in given]
    columns["ground_truth"] = [None if one is None else _joined(task, one) for one in right]
    return columns


def _joined(task: Task, has: Array) -> str:
    return JOINED.join(name for name, one in zip(task.labels, has, strict=True) if one) or NO_LABEL


def _of_numbers(_task: Task, outputs: Array, truths: Truths) -> dict[str, list[Any]]:
    return {
        "prediction": outputs.reshape(len(outputs)).astype(float).tolist(),
        "ground_truth": [float(one.reshape(())) if one is not None and one.size == 1 else None for one in truths],
    }


def _of_vectors(task: Task, outputs: Array, truths: Truths) -> dict[str, list[Any]]:
    said = outputs.reshape(len(outputs), -1).astype(float)
    right = [None if one is None or one.size != said.shape[1] else one.reshape(-1).astype(float) for one in truths]
    columns: dict[str, list[Any]] = {
        "absolute_error": [
            None if one is None else float(np.abs(one - row).mean()) for one, row in zip(right, said, strict=True)
        ]
    }
    for i, name in enumerate(task.numbers):
        columns[f"predicted_{name}"] = said[:, i].tolist()
        columns[f"true_{name}"] = [None if one is None else float(one[i]) for one in right]
    return columns


def _of_positions(task: Task, outputs: Array, truths: Truths) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {"positions": [], "position_accuracy": [], "confusions": []}
    for output, truth in zip(outputs, truths, strict=True):
        counts = [] if truth is None or not truth.size else confusions(task, output, truth)
        total = sum(one["count"] for one in counts)
        right = sum(one["count"] for one in counts if one["truth"] == one["prediction"])
        columns["positions"].append(total if total else None)
        columns["position_accuracy"].append(right / total if total else None)
        columns["confusions"].append(counts)
    return columns


def _true_classes(task: Task, output: Array, truth: Array) -> npt.NDArray[np.int64]:
    """[positions], -1 where none is given: an all-zero vector, or a number that names no class."""
    axis = task.class_axis
    if axis is not None and truth.shape == output.shape:
        return np.where(truth.any(axis=axis), truth.argmax(axis=axis), -1).ravel()
    numbers = np.ravel(truth).astype(np.int64)
    return np.where((numbers >= 0) & (numbers < len(task.labels)), numbers, -1)


_MAKERS: Mapping[Kind, Callable[[Task, Array, Truths], dict[str, list[Any]]]] = {
    "single-label": _of_classes,
    "binary": _of_classes,
    "multi-label": _of_label_sets,
    "regression": _of_numbers,
    "vector-regression": _of_vectors,
    "positions": _of_positions,
}
