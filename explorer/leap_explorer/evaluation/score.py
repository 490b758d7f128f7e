"""From encoded samples to rows of a run: the model, its loss, its metrics, typed metadata and latent vectors."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from leap_explorer.contract.failures import describe_failure
from leap_explorer.contract.integration import Integration
from leap_explorer.contract.latent_spaces import LatentSpace
from leap_explorer.contract.wiring import WiredFunction
from leap_explorer.evaluation.encode import EncodedSample, SampleKey, stacked
from leap_explorer.evaluation.outcome import outcome_columns
from leap_explorer.runs.schema import NOT_FINITE, RunSchema
from leap_explorer.runs.task import Task

Array = npt.NDArray[Any]


class Predicts(Protocol):
    """A model, as far as scoring needs it."""

    def predict(self, inputs: Sequence[Array], output: int = 0) -> tuple[list[Array], Array]: ...


def score(integration: Integration, model: Predicts, schema: RunSchema, samples: Sequence[EncodedSample]) -> pa.Table:
    """A part of a run: one row a sample, all of one subset; a sample that fails has an error and no values."""
    rows = _Rows(schema, samples)
    good = [i for i, sample in enumerate(samples) if sample.error is None]
    for name, expected in schema.input_shapes.items():
        for i in [i for i in good if samples[i].inputs[name].shape != expected]:
            samples[i].error = f"The input {name} has the shape {samples[i].inputs[name].shape}, not {expected}"
        good = [i for i in good if samples[i].error is None]
    if good:
        good, outputs, vectors = _predict(model, schema, samples, good)
    if good:
        good, outputs, vectors = _finite(samples, good, outputs, vectors, schema.task)
    if good:
        rows.add_predictions(good, outputs, vectors)
        rows.add_spaces(good, integration.latent_spaces)
        scoring = _Scoring(integration, rows, samples)
        for group in _by_ground_truth_shape(samples, good):
            places = [good.index(i) for i in group] if len(group) < len(good) else list(range(len(good)))
            scoring.add(group, [output[places] for output in outputs])
    return rows.table()


def unscored(schema: RunSchema, keys: Sequence[SampleKey], error: str) -> pa.Table:
    """The part of a run for samples of one subset that all have the same error."""
    return _Rows(schema, [EncodedSample(*key, error=error) for key in keys]).table()


def _predict(
    model: Predicts, schema: RunSchema, samples: Sequence[EncodedSample], places: list[int]
) -> tuple[list[int], list[Array], Array]:
    """The places that the model takes, its outputs and the latent vectors; where it raises, found sample by sample."""
    inputs = [np.stack([samples[i].inputs[name] for i in places]) for name in schema.input_shapes]
    try:
        return places, *model.predict(inputs, schema.task.output_index)
    except Exception as error:  # of any type: each runtime has its own
        if len(places) == 1:
            samples[places[0]].error = f"The model: {type(error).__name__}: {error}"
            return [], [], np.empty((0, 0))
    single = [found for i in places if (found := _predict(model, schema, samples, [i]))[0]]
    if not single:
        return [], [], np.empty((0, 0))
    outputs = [np.concatenate(column) for column in zip(*(found[1] for found in single), strict=True)]
    return [found[0][0] for found in single], outputs, np.concatenate([found[2] for found in single])


def _finite(
    samples: Sequence[EncodedSample], places: list[int], outputs: list[Array], vectors: Array, task: Task
) -> tuple[list[int], list[Array], Array]:
    """Those whose analysed output is finite throughout; the others have it as their error."""
    analysed = np.asarray(outputs[task.output_index]).reshape(len(places), -1)
    is_finite = np.isfinite(analysed).all(axis=1)
    for i in np.flatnonzero(~is_finite):
        value = analysed[i][~np.isfinite(analysed[i])][0]
        named = f" {task.output}" if task.output else ""
        samples[places[i]].error = f"{NOT_FINITE}the model's output{named} is {value}"
    kept = [place for place, ok in zip(places, is_finite, strict=True) if ok]
    return kept, [np.asarray(output)[is_finite] for output in outputs], vectors[is_finite]


class _Rows:
    """The columns of a part as they fill."""

    def __init__(self, schema: RunSchema, samples: Sequence[EncodedSample]) -> None:
        self.schema, self.samples = schema, samples
        count = len(samples)
        self.values: dict[str, Any] = {
            name: np.full(count, np.nan, dtype=np.float32)
            for name, facts in schema.columns().items()
            if facts["role"] in ("loss", "metric", "confusion")
        }
        dimensions = {schema.latent: schema.dimensions, **schema.spaces}
        self.spaces = {name: np.full((count, size), np.nan, dtype=np.float32) for name, size in dimensions.items()}
        self.confusions: list[list[dict[str, Any]]] = [[] for _ in samples]
        self.elements: list[list[dict[str, Any]]] = [[] for _ in samples]

    def add_predictions(self, places: list[int], outputs: list[Array], vectors: Array) -> None:
        self.spaces["model"][places] = vectors
        task = self.schema.task
        truths = [self.samples[i].ground_truths.get(task.ground_truth or "") for i in places]
        for name, values in outcome_columns(task, outputs[task.output_index], truths).items():
            for i, value in zip(places, values, strict=True):
                self._column_of(name)[i] = value

    def add_spaces(self, places: list[int], spaces: Mapping[str, LatentSpace]) -> None:
        """The latent spaces that are computed from the data."""
        for name, space in spaces.items():
            if not space.is_of_model:
                for i in places:
                    vector = space.vectors(self.samples[i].latent_spaces[name][None])[0]
                    self._add_vector(name, i, vector)

    def _add_vector(self, name: str, i: int, vector: Array) -> None:
        expected = self.spaces[name].shape[1]
        if len(vector) != expected:
            self.samples[i].error = f"The latent space {name} has {len(vector)} dimensions, not {expected}"
        else:
            self.spaces[name][i] = vector

    def add_to_elements(self, name: str, group: list[int], found: Mapping[int, Sequence[float]]) -> None:
        """`found` by the element's number, a value for each sample; most have no element of that number."""
        for number, values in found.items():
            for i, value in zip(group, values, strict=True):
                elements = self.elements[i]
                if 0 <= number < len(elements) and not elements[number]["is_false_positive"]:
                    elements[number][name] = value

    def _column_of(self, name: str) -> Any:
        if name == "confusions":
            return self.confusions
        return self.values.setdefault(name, [None] * len(self.samples))

    def table(self) -> pa.Table:
        schema = self.schema.arrow()
        good = [sample.error is None for sample in self.samples]
        failed = [i for i, is_good in enumerate(good) if not is_good]
        for values in (*self.spaces.values(), *self.values.values()):
            if isinstance(values, np.ndarray):
                values[failed] = np.nan
        columns: list[Any] = []
        spaces = {"latent": self.schema.latent, **self.schema.spaces_by_key}
        for column in schema:
            name = column.name
            if name in spaces:
                columns.append(_vectors(self.spaces[spaces[name]], column.type))
            elif name in ("confusions", "elements"):
                lists = self.confusions if name == "confusions" else self.elements
                known = [one if ok else [] for one, ok in zip(lists, good, strict=True)]
                columns.append(pa.array(known, type=column.type))
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
        if not name.startswith("metadata_"):
            return [None] * len(self.samples)
        key = name.removeprefix("metadata_")
        return [sample.metadata.get(key) if ok else None for sample, ok in zip(self.samples, good, strict=True)]


@dataclass(frozen=True)
class _Scoring:
    """Losses and metrics, added to the rows."""

    integration: Integration
    rows: _Rows
    samples: Sequence[EncodedSample]

    def add(self, group: list[int], outputs: list[Array]) -> None:
        """Those of samples whose ground truths have one shape; `outputs` are the model's for them alone."""
        integration = self.integration
        if self.rows.schema.elements:
            self._add_elements(group, outputs)
        functions = integration.losses, integration.metrics, integration.model_spaces, integration.element_metrics
        for function in chain(*functions):
            self._add(function, group, outputs)

    def _add_elements(self, group: list[int], outputs: list[Array]) -> None:
        """Rows for the samples' elements; their metrics are filled in later."""
        names = [one.name or str(number) for number, one in enumerate(self.integration.outputs)]
        for place, i in enumerate(group):
            sample = self.samples[i]
            predictions = {name: output[place] for name, output in zip(names, outputs, strict=False)}
            try:
                self.rows.elements[i] = self.integration.elements.rows(sample.subset, sample.id, predictions)
            except (Exception, SystemExit) as error:  # of any type: it is the integration's code
                reason = f"its elements: {describe_failure(error, self.integration.folder)}"
                sample.error = sample.error or reason

    def _add(self, function: WiredFunction, group: list[int], outputs: list[Array]) -> None:
        """One function over the group; where it raises, over each sample alone, to find the one it raises for."""
        arguments = stacked(self.samples, group, outputs).of(function)
        if arguments is None:
            return
        try:
            values = self._values(function, group, arguments)
        except (Exception, SystemExit) as error:  # of any type: it is the integration's code
            if len(group) == 1:
                sample = self.samples[group[0]]
                reason = f"{function.name}: {describe_failure(error, self.integration.folder)}"
                sample.error = sample.error or reason
                return
            for place, i in enumerate(group):
                self._add(function, [i], [output[[place]] for output in outputs])
            return
        for column, column_values in values.items():
            if column in self.rows.values:
                self.rows.values[column][group] = column_values
                self._note_what_is_not_finite(function, group, column_values)

    def _note_what_is_not_finite(self, function: WiredFunction, group: list[int], values: Array) -> None:
        """A loss has a finite value for every sample; a metric may have none, which is NaN, but no infinite one."""
        is_loss = function in self.integration.losses
        for i, value in zip(group, values, strict=True):
            if np.isinf(value) or (is_loss and np.isnan(value)):
                what = "loss" if is_loss else "metric"
                self.samples[i].error = self.samples[i].error or f"{NOT_FINITE}the {what} {function.name} is {value}"

    def _values(self, function: WiredFunction, group: list[int], arguments: dict[str, Array]) -> dict[str, Array]:
        """By column of the run."""
        ids, subset = np.array([self.samples[i].id for i in group]), self.samples[group[0]].subset
        if function in self.integration.losses:
            column = self.rows.schema.loss_column(function.name)
            return {column: self.integration.run_loss(function, ids, subset, arguments)}
        if function in self.integration.model_spaces:
            vectors = self.integration.run_latent_space(function, ids, subset, arguments)
            if function.name in self.rows.spaces:
                self.rows.spaces[function.name][group] = vectors
            return {}
        if function in self.integration.element_metrics:
            found_of_elements = self.integration.elements.run_metric(function, ids, subset, arguments)
            self.rows.add_to_elements(f"metric_{function.name}", group, found_of_elements)
            return {}
        found = self.integration.run_metric(function, ids, subset, arguments)
        for name, elements in found.elements.items():
            for i, outcomes in zip(group, elements, strict=True):
                self.rows.confusions[i] += [
                    {"matrix": name, "truth": label, "prediction": kind, "count": count}
                    for (label, kind), count in sorted(outcomes.items())
                ]
        return {f"metric_{name}": values for name, values in found.columns.items()}


def _by_ground_truth_shape(samples: Sequence[EncodedSample], good: list[int]) -> Iterator[list[int]]:
    groups: dict[Any, list[int]] = {}
    for i in good:
        shape = tuple((name, np.shape(truth)) for name, truth in samples[i].ground_truths.items())
        groups.setdefault(shape, []).append(i)
    yield from groups.values()


def _vectors(matrix: Array, kind: pa.DataType) -> pa.Array:
    flat = pa.array(np.ascontiguousarray(matrix).reshape(-1), type=kind.value_type)
    return pa.FixedSizeListArray.from_arrays(flat, kind.list_size)
