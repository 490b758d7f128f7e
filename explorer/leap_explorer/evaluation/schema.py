"""Which columns a run will have: found by scoring a few samples."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from leap_explorer.contract.integration import Integration
from leap_explorer.contract.metric_values import CONFUSION_KINDS
from leap_explorer.contract.model import Model
from leap_explorer.contract.wiring import WiredFunction
from leap_explorer.errors import ExplorerError
from leap_explorer.evaluation.encode import EncodedSample, SampleKey, stacked
from leap_explorer.evaluation.find_task import Probes, find_task
from leap_explorer.runs.schema import RunSchema, element_columns
from leap_explorer.runs.task import Kind, Task

Array = npt.NDArray[Any]

_PROBES = 32


def probe_keys(keys: Sequence[SampleKey]) -> list[SampleKey]:
    """The samples to find a schema by: some, evenly drawn, labelled ones if there are any."""
    labelled = [key for key in keys if key[0] != "unlabeled"] or list(keys)
    places = sorted(set(np.linspace(0, len(labelled) - 1, _PROBES, dtype=int).tolist()))
    return [labelled[place] for place in places]


def find_schema(
    integration: Integration,
    model: Model,
    samples: Sequence[EncodedSample],
    latent: str,
    output: str | None = None,
    kind: Kind | None = None,
) -> RunSchema:
    """Score a few samples to learn what the model and the metrics give.

    Args:
        output: the name of the analysed output; by default the first.
        kind: of the task, where it was set by hand.

    Raises:
        ExplorerError: none of them could be read, the model refuses them, or the task is not of that kind.
    """
    good = [sample for sample in samples if sample.error is None]
    if not good:
        raise ExplorerError(f"No sample can be read; the first says: {samples[0].error}")
    probes, input_shapes = _of_most_common_shape(good, integration.inputs_of(model))
    index = integration.output_index(output)
    if index >= model.n_outputs:
        raise ExplorerError(f"The model has {model.n_outputs} outputs, so there is none of the number {index}.")
    outputs, vectors = _predicted(list(input_shapes), model, probes, index)
    spaces = {name: _space(integration, name, probes, outputs) for name in integration.latent_spaces}
    task = _find_task(integration, probes, outputs, index, kind)
    metrics: dict[str, tuple[str | None, bool]] = {}
    confusion_counts: list[str] = []
    for metric in integration.metrics:
        names = _metric_names(integration, metric, probes, outputs)
        metrics |= {name: integration.metric_facts(metric, name) for name in names}
        confusion_counts += [name for name in names if name.endswith(CONFUSION_KINDS) and _is_a_count(name, names)]
    losses = tuple(loss.name for loss in integration.losses)
    if not losses:
        raise ExplorerError("The integration test calls no loss. Add a @tensorleap_custom_loss, and call it there.")
    return RunSchema(
        task=task,
        losses=losses,
        metrics=metrics,
        confusion_counts=tuple(confusion_counts),
        metadata=dict(integration.metadata_types),
        latent=latent,
        latent_source=model.latent_source(index) if latent == "model" else latent,
        dimensions=vectors.shape[1] if latent == "model" else spaces[latent],
        spaces={name: dimensions for name, dimensions in spaces.items() if name != latent and dimensions}
        | ({} if latent == "model" else {"model": vectors.shape[1]}),
        has_text=integration.text_visualizer is not None,
        has_confusions=task.kind == "positions" or bool(confusion_counts),
        input_shapes=input_shapes,
        descriptions=integration.descriptions,
        elements=_element_columns(integration),
    )


def _element_columns(integration: Integration) -> dict[str, dict[str, Any]]:
    """Those of the table of elements; empty where the integration has none."""
    if not integration.elements:
        return {}
    metrics = {one.name: integration.metric_facts(one, one.name)[0] for one in integration.element_metrics}
    return element_columns(metrics, integration.elements.metadata_types, integration.descriptions)


def _space(integration: Integration, name: str, probes: list[EncodedSample], outputs: list[Array]) -> int:
    """The dimensions of a registered latent space, from the first sample that it can be computed for; 0 without one."""
    space = integration.latent_spaces[name]
    if not space.is_of_model:
        return int(space.vectors(probes[0].latent_spaces[name][None]).shape[1])
    function = next(one for one in integration.model_spaces if one.name == name)
    for place, probe in enumerate(probes):
        arguments = stacked([probe], [0], [output[[place]] for output in outputs]).of(function)
        if arguments is not None:
            ids = np.array([probe.id])
            return int(integration.run_latent_space(function, ids, probe.subset, arguments).shape[1])
    return 0


def _predicted(
    names: Sequence[str], model: Model, probes: list[EncodedSample], output: int
) -> tuple[list[Array], Array]:
    inputs = [np.stack([probe.inputs[name] for probe in probes]) for name in names]
    try:
        return model.predict(inputs, output)
    except Exception as error:  # of any type: each runtime has its own
        shapes = ", ".join(f"{name} {values.shape[1:]}" for name, values in zip(names, inputs, strict=True))
        raise ExplorerError(f"The model does not take the integration's inputs ({shapes}): {error}") from error


def _find_task(
    integration: Integration, probes: list[EncodedSample], outputs: list[Array], index: int, kind: Kind | None
) -> Task:
    declared = integration.outputs[index]
    is_finite = [bool(np.isfinite(one).all()) for one in outputs[index]]
    chosen = [i for i, ok in enumerate(is_finite) if ok or not any(is_finite)]  # what is not finite tells nothing
    truths = {name: [probes[i].ground_truths.get(name) for i in chosen] for name in integration.truths_of(index)}
    values = [np.asarray(outputs[index][i]) for i in chosen]
    task = find_task(Probes(values, truths, declared.labels, declared.channel_dim), kind)
    return replace(task, output=declared.name, output_index=index)


def _is_a_count(name: str, names: Sequence[str]) -> bool:
    """Whether it is one of the four counts of a confusion matrix."""
    matrix = next(name.removesuffix(f"_{kind}") for kind in CONFUSION_KINDS if name.endswith(kind))
    return {f"{matrix}_{kind}" for kind in CONFUSION_KINDS} <= set(names)


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
            return list(integration.run_metric(metric, np.array([probe.id]), probe.subset, arguments).columns)
        except Exception as error:  # of any type: it is the integration's code
            problem = error
    if problem is not None:
        raise ExplorerError(f"The metric {metric.name} fails for every sample tried: {problem}") from problem
    return [metric.name]
