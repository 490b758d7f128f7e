"""From encoded samples to rows of a run: the model, its loss, its metrics, typed metadata and latent vectors."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from leap_explorer.contract.integration import CONFUSION_KINDS, Integration, Tensors, WiredFunction
from leap_explorer.contract.model import Model, as_vectors
from leap_explorer.errors import ExplorerError
from leap_explorer.evaluation.encode import EncodedSample, SampleKey, encode
from leap_explorer.runs.schema import RunSchema

Array = npt.NDArray[Any]

_PROBES = 32


def find_schema(integration: Integration, model: Model, keys: Sequence[SampleKey], latent: str) -> RunSchema:
    """Score a few samples to learn what the model and the metrics give.

    Raises:
        ExplorerError: none of them can be read, or the model refuses them.
    """
    probes, input_shapes = _of_most_common_shape(_probes(integration, keys), integration.model_inputs)
    inputs = [np.stack([probe.inputs[name] for probe in probes]) for name in integration.model_inputs]
    try:
        outputs, vectors = model.predict(inputs)
    except Exception as error:  # of any type: each runtime has its own
        shapes = ", ".join(
            f"{name} {values.shape[1:]}" for name, values in zip(integration.model_inputs, inputs, strict=True)
        )
        raise ExplorerError(f"The model does not take the integration's inputs ({shapes}): {error}") from error
    if latent != "model":
        vectors = as_vectors(np.stack([probe.latent_spaces[latent] for probe in probes]))
    first = np.asarray(outputs[0])
    labels = integration.labels
    is_classifier = labels is not None and first.ndim == 2 and first.shape[1] == len(labels)
    metrics: dict[str, tuple[str | None, bool]] = {}
    confusion_counts: list[str] = []
    for metric in integration.metrics:
        names = _metric_names(integration, metric, probes, outputs)
        metrics |= {name: integration.metric_facts(metric, name) for name in names}
        if {f"{metric.name}_{kind}" for kind in CONFUSION_KINDS} == set(names):
            confusion_counts += names
    losses = tuple(loss.name for loss in integration.losses)
    if not losses:
        raise ExplorerError("The integration test calls no loss. Add a @tensorleap_custom_loss, and call it there.")
    return RunSchema(
        labels=tuple(labels) if is_classifier and labels else None,
        are_probabilities=is_classifier and _are_probabilities(first),
        is_scalar=first.size == len(first),
        losses=losses,
        metrics=metrics,
        confusion_counts=tuple(confusion_counts),
        metadata=dict(integration.metadata_types),
        latent=latent,
        latent_source=model.latent_source if latent == "model" else latent,
        dimensions=vectors.shape[1],
        has_text=integration.text_visualizer is not None,
        input_shapes=input_shapes,
        descriptions=integration.descriptions,
    )


def score(integration: Integration, model: Model, schema: RunSchema, samples: Sequence[EncodedSample]) -> pa.Table:
    """A part of a run: one row a sample, all of one subset; a sample that fails has an error and no values."""
    rows = _Rows(schema, samples)
    good = [i for i, sample in enumerate(samples) if sample.error is None]
    for name, expected in schema.input_shapes.items():
        for i in [i for i in good if samples[i].inputs[name].shape != expected]:
            samples[i].error = f"The input {name} has the shape {samples[i].inputs[name].shape}, not {expected}"
        good = [i for i in good if samples[i].error is None]
    if good:
        good, outputs, vectors = _predict(integration, model, samples, good)
    if good:
        if schema.latent != "model":
            vectors = as_vectors(np.stack([samples[i].latent_spaces[schema.latent] for i in good]))
        rows.add_predictions(good, outputs, vectors, integration.ground_truth)
        for group in _by_ground_truth_shape(samples, good):
            places = [good.index(i) for i in group] if len(group) < len(good) else list(range(len(good)))
            _add_scores(integration, schema, rows, samples, group, [output[places] for output in outputs])
    return rows.table()


def _predict(
    integration: Integration, model: Model, samples: Sequence[EncodedSample], places: list[int]
) -> tuple[list[int], list[Array], Array]:
    """The places that the model takes, its outputs and the latent vectors; where it raises, found sample by sample."""
    inputs = [np.stack([samples[i].inputs[name] for i in places]) for name in integration.model_inputs]
    try:
        return places, *model.predict(inputs)
    except Exception as error:  # of any type: each runtime has its own
        if len(places) == 1:
            samples[places[0]].error = f"The model: {type(error).__name__}: {error}"
            return [], [], np.empty((0, 0))
    single = [found for i in places if (found := _predict(integration, model, samples, [i]))[0]]
    if not single:
        return [], [], np.empty((0, 0))
    outputs = [np.concatenate(column) for column in zip(*(found[1] for found in single), strict=True)]
    return [found[0][0] for found in single], outputs, np.concatenate([found[2] for found in single])


class _Rows:
    """The columns of a part as they fill."""

    def __init__(self, schema: RunSchema, samples: Sequence[EncodedSample]) -> None:
        self.schema, self.samples = schema, samples
        count = len(samples)
        self.values: dict[str, Any] = {
            name: np.full(count, np.nan, dtype=np.float32)
            for name, facts in schema.columns().items()
            if facts["role"] in ("probability", "loss", "metric", "confusion")
        }
        self.values["ground_truth"] = [None] * count
        self.values["prediction"] = [None] * count
        self.latent = np.full((count, schema.dimensions), np.nan, dtype=np.float32)

    def add_predictions(self, places: list[int], outputs: list[Array], vectors: Array, truth_name: str | None) -> None:
        self.latent[places] = vectors
        first = np.asarray(outputs[0])
        labels = self.schema.labels
        if labels is not None:
            probabilities = first.astype(np.float64) if self.schema.are_probabilities else softmax(first)
            for column, label in enumerate(labels):
                self.values[f"probability_{label}"][places] = probabilities[:, column]
        for row, i in enumerate(places):
            if labels is not None:
                self.values["prediction"][i] = labels[int(first[row].argmax())]
            elif self.schema.is_scalar:
                self.values["prediction"][i] = float(first[row].reshape(()))
            truth = self.samples[i].ground_truths.get(truth_name or "")
            if truth is not None and np.size(truth):
                self.values["ground_truth"][i] = self._truth(truth)

    def _truth(self, truth: Array) -> str | float | None:
        """The label of a one-hot vector or of a class number, or the number itself."""
        labels = self.schema.labels
        if labels is None:
            return float(truth.reshape(())) if truth.size == 1 else None
        index = int(truth.argmax()) if truth.size == len(labels) else int(truth.reshape(-1)[0])
        return labels[index] if 0 <= index < len(labels) else None

    def table(self) -> pa.Table:
        schema = self.schema.arrow()
        good = [sample.error is None for sample in self.samples]
        failed = [i for i, is_good in enumerate(good) if not is_good]
        for values in (self.latent, *self.values.values()):
            if isinstance(values, np.ndarray):
                values[failed] = np.nan
        columns: list[Any] = []
        for column in schema:
            name = column.name
            if name == "latent":
                columns.append(_vectors(self.latent, column.type))
            elif name == "signature":
                empty = np.full(128, np.iinfo(np.uint32).max, dtype=np.uint32)
                rows = [empty if sample.signature is None else sample.signature for sample in self.samples]
                columns.append(_vectors(np.stack(rows), column.type))
            else:
                columns.append(pa.array(self._column(name, good), type=column.type, from_pandas=True))
        return pa.table(columns, schema=schema)

    def _column(self, name: str, good: list[bool]) -> Any:
        if name == "id":
            return [str(sample.id) for sample in self.samples]
        if name == "subset":
            return [sample.subset for sample in self.samples]
        if name == "error":
            return [sample.error for sample in self.samples]
        if name == "input_hash":
            return [sample.input_hash for sample in self.samples]
        if name in self.values:
            values = self.values[name]
            return (
                values
                if isinstance(values, np.ndarray)
                else [value if ok else None for value, ok in zip(values, good, strict=True)]
            )
        key = name.removeprefix("metadata_")
        return [sample.metadata.get(key) if ok else None for sample, ok in zip(self.samples, good, strict=True)]


def softmax(logits: Array) -> npt.NDArray[np.float64]:
    """Probabilities over the last axis."""
    shifted = logits.astype(np.float64)
    shifted = np.exp(shifted - shifted.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def _add_scores(
    integration: Integration,
    schema: RunSchema,
    rows: _Rows,
    samples: Sequence[EncodedSample],
    group: list[int],
    outputs: list[Array],
) -> None:
    """Losses and metrics of samples whose ground truths have one shape."""
    for loss in integration.losses:
        column = schema.loss_column(loss.name)

        def run_loss(
            ids: Array, subset: str, arguments: dict[str, Array], f: WiredFunction = loss, c: str = column
        ) -> Any:
            return {c: integration.run_loss(f, ids, subset, arguments)}

        _add(rows, loss, run_loss, samples, group, outputs)
    for metric in integration.metrics:

        def run_metric(ids: Array, subset: str, arguments: dict[str, Array], f: WiredFunction = metric) -> Any:
            values = integration.run_metric(f, ids, subset, arguments)
            return {f"metric_{name}": value for name, value in values.items()}

        _add(rows, metric, run_metric, samples, group, outputs)


def _add(
    rows: _Rows,
    function: WiredFunction,
    run: Callable[[Array, str, dict[str, Array]], dict[str, Array]],
    samples: Sequence[EncodedSample],
    group: list[int],
    outputs: list[Array],
) -> None:
    """One function over the group; where it raises, over each sample alone, to find the one it raises for."""
    arguments = _tensors(samples, group, outputs).of(function)
    if arguments is None:
        return
    ids = np.array([samples[i].id for i in group])
    try:
        values = run(ids, samples[group[0]].subset, arguments)
    except Exception as error:  # of any type: it is the integration's code
        if len(group) == 1:
            sample = samples[group[0]]
            sample.error = sample.error or f"{function.name}: {type(error).__name__}: {error}"
            return
        for place, i in enumerate(group):
            _add(rows, function, run, samples, [i], [output[[place]] for output in outputs])
        return
    for column, column_values in values.items():
        if column in rows.values:
            rows.values[column][group] = column_values


def _tensors(samples: Sequence[EncodedSample], group: list[int], outputs: list[Array]) -> Tensors:
    first = samples[group[0]]
    return Tensors(
        {name: np.stack([samples[i].inputs[name] for i in group]) for name in first.inputs},
        {name: np.stack([samples[i].ground_truths[name] for i in group]) for name in first.ground_truths},
        outputs,
    )


def _by_ground_truth_shape(samples: Sequence[EncodedSample], good: list[int]) -> Iterator[list[int]]:
    groups: dict[Any, list[int]] = {}
    for i in good:
        shape = tuple((name, np.shape(truth)) for name, truth in samples[i].ground_truths.items())
        groups.setdefault(shape, []).append(i)
    yield from groups.values()


def _probes(integration: Integration, keys: Sequence[SampleKey]) -> list[EncodedSample]:
    """Some readable samples, labelled ones if there are any."""
    labelled = [key for key in keys if key[0] != "unlabeled"] or list(keys)
    places = sorted(set(np.linspace(0, len(labelled) - 1, _PROBES, dtype=int).tolist()))
    samples = [encode(integration, labelled[place]) for place in places]
    good = [sample for sample in samples if sample.error is None]
    if not good:
        raise ExplorerError(f"No sample can be read; the first says: {samples[0].error}")
    return good


def _of_most_common_shape(
    probes: list[EncodedSample], names: Sequence[str]
) -> tuple[list[EncodedSample], dict[str, tuple[int, ...]]]:
    """The samples whose inputs have the shapes that most have, and those shapes by encoder."""
    shapes = [tuple(np.shape(probe.inputs[name]) for name in names) for probe in probes]
    common = Counter(shapes).most_common(1)[0][0]
    chosen = [probe for probe, shape in zip(probes, shapes, strict=True) if shape == common]
    return chosen, dict(zip(names, common, strict=True))


def _metric_names(
    integration: Integration, metric: WiredFunction, probes: list[EncodedSample], outputs: list[Array]
) -> list[str]:
    """The columns that a metric fills, from the first sample that it can be computed for."""
    problem: Exception | None = None
    for place, probe in enumerate(probes):
        arguments = _tensors([probe], [0], [output[[place]] for output in outputs]).of(metric)
        if arguments is None:
            continue
        try:
            return list(integration.run_metric(metric, np.array([probe.id]), probe.subset, arguments))
        except Exception as error:  # of any type: it is the integration's code
            problem = error
    if problem is not None:
        raise ExplorerError(f"The metric {metric.name} fails for every sample tried: {problem}") from problem
    return [metric.name]


def _are_probabilities(outputs: Array) -> bool:
    return bool((outputs >= 0).all() and np.allclose(outputs.sum(axis=1), 1.0, atol=1e-3))


def _vectors(matrix: Array, kind: pa.DataType) -> pa.Array:
    flat = pa.array(np.ascontiguousarray(matrix).reshape(-1), type=kind.value_type)
    return pa.FixedSizeListArray.from_arrays(flat, kind.list_size)
