"""Which columns a run will have: found by scoring a few samples."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from leap_explorer.contract.integration import CONFUSION_KINDS, Integration, WiredFunction
from leap_explorer.contract.model import Model, as_vectors
from leap_explorer.errors import ExplorerError
from leap_explorer.evaluation.encode import EncodedSample, SampleKey, stacked

Array = npt.NDArray[Any]

_ARROW_TYPES = {"int": pa.int64(), "float": pa.float32(), "bool": pa.bool_(), "string": pa.string()}
_PROBES = 32


@dataclass(frozen=True)
class RunSchema:
    """The columns of a run, found by scoring a few samples."""

    labels: tuple[str, ...] | None  #: of a classifier
    are_probabilities: bool  #: whether a classifier's outputs are probabilities already; else they go through a softmax
    is_scalar: bool  #: whether the model predicts one number a sample
    losses: tuple[str, ...]
    metrics: dict[str, tuple[str | None, bool]]  #: direction and whether insights are computed, by name
    confusion_counts: tuple[str, ...]  #: the metrics that count a sample's true and false positives and negatives
    metadata: dict[str, str]  #: type by name
    latent: str  #: "model", or a registered latent space
    latent_source: str
    dimensions: int  #: of the latent space
    has_text: bool
    input_shapes: dict[str, tuple[int, ...]]  #: of one sample, by encoder; a model's batch takes one shape
    descriptions: dict[str, str] = field(default_factory=dict)

    def columns(self) -> dict[str, dict[str, Any]]:
        """What `run.json` says of each column of `samples.parquet`, in the file's order."""
        value = "string" if self.labels else "float"
        columns = {
            "id": _column("id", "string", "The sample's id in the integration."),
            "subset": _column("subset", "string", "training, validation, test, unlabeled or additional."),
            "ground_truth": _column("ground_truth", value, "What the data says is right; empty if it does not say."),
            "prediction": _column("prediction", value, "What the model says."),
        }
        for label in self.labels or ():
            columns[f"probability_{label}"] = _column(
                "probability", "float", f"The model's probability of {label}, 0 to 1."
            )
        for loss in self.losses:
            name = self.loss_column(loss)
            columns[name] = _column("loss", "float", f"The loss {loss}; lower is better.", "down", True)
        for metric, (direction, computes_insights) in self.metrics.items():
            is_count = metric in self.confusion_counts
            columns[f"metric_{metric}"] = _column(
                "confusion" if is_count else "metric",
                "float",
                self.descriptions.get(metric, ""),
                None if is_count else direction,  # the matrix's direction is not that of each of its cells
                computes_insights,
            )
        for name, kind in self.metadata.items():
            columns[f"metadata_{name}"] = _column("metadata", kind, self.descriptions.get(name, ""))
        return columns | {
            "input_hash": _column("hash", "int", "Equal for samples of identical inputs and words."),
            "error": _column("error", "string", "Why the sample could not be evaluated; empty if it could."),
            "map_x": _column("map", "float", "First coordinate of the map of the latent space."),
            "map_y": _column("map", "float", "Second coordinate of the map of the latent space."),
            "pca_x": _column("map", "float", "First principal component of the latent space."),
            "pca_y": _column("map", "float", "Second principal component of the latent space."),
            "cluster": _column("cluster", "int", "The k-means cluster in the latent space."),
            "outlier_score": _column(
                "outlier_score",
                "float",
                "Mean distance to the nearest training samples in the latent space, in units of the training samples' "
                "median; 1 is typical, higher is stranger.",
            ),
        }

    @property
    def scored(self) -> list[str]:
        """The columns that scoring gives; those of the map, the clusters and the outliers come later."""
        later = ("map", "cluster", "outlier_score")
        return [name for name, facts in self.columns().items() if facts["role"] not in later]

    def loss_column(self, loss: str) -> str:
        """The first loss is `loss`; any further ones carry their names."""
        return "loss" if loss == self.losses[0] else f"loss_{loss}"

    def arrow(self) -> pa.Schema:
        """Of one part: the scored columns, the latent vector and, with text, the signature."""
        columns = self.columns()
        fields = [pa.field(name, _ARROW_TYPES[columns[name]["type"]]) for name in self.scored]
        fields[self.scored.index("input_hash")] = pa.field("input_hash", pa.uint64())
        fields.append(pa.field("latent", pa.list_(pa.float32(), self.dimensions)))
        if self.has_text:
            fields.append(pa.field("signature", pa.list_(pa.uint32(), 128)))
        return pa.schema(fields)


def probe_keys(keys: Sequence[SampleKey]) -> list[SampleKey]:
    """The samples to find a schema by: some, evenly drawn, labelled ones if there are any."""
    labelled = [key for key in keys if key[0] != "unlabeled"] or list(keys)
    places = sorted(set(np.linspace(0, len(labelled) - 1, _PROBES, dtype=int).tolist()))
    return [labelled[place] for place in places]


def find_schema(integration: Integration, model: Model, samples: Sequence[EncodedSample], latent: str) -> RunSchema:
    """Score a few samples to learn what the model and the metrics give.

    Raises:
        ExplorerError: none of them could be read, or the model refuses them.
    """
    good = [sample for sample in samples if sample.error is None]
    if not good:
        raise ExplorerError(f"No sample can be read; the first says: {samples[0].error}")
    probes, input_shapes = _of_most_common_shape(good, integration.model_inputs)
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
        arguments = stacked([probe], [0], [output[[place]] for output in outputs]).of(metric)
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


def _column(
    role: str, kind: str, description: str, direction: str | None = None, computes_insights: bool = False
) -> dict[str, Any]:
    return {
        "role": role,
        "type": kind,
        "direction": direction,
        "computes_insights": computes_insights,
        "description": description,
    }
