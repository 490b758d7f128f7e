"""A sample's heat-maps on what the integration's visualizers draw, through its own `heatmap_function`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from code_loader.contract.datasetclasses import DatasetSample, RawInputsForHeatmap

from leap_explorer.contract.failures import describe_failure
from leap_explorer.contract.host import Host
from leap_explorer.contract.integration import Integration
from leap_explorer.contract.wiring import Tensors, WiredFunction
from leap_explorer.errors import ExplorerError
from leap_explorer.explain.any_model.heated import heated
from leap_explorer.explain.any_model.heats import Heats
from leap_explorer.explain.any_model.inputs import Array, channel_axis


@dataclass(frozen=True)
class Unheated:
    """In place of a visualizer's drawing."""

    reason: str  #: why there is no heat-map on it


def heat_visualizations(host: Host, subset: str, sample_id: str | int, heats: Heats) -> list[tuple[str, Any]]:
    """The name of each visualizer that shows an input, and a code-loader class with the input's heat-map on it.

    As on the platform, a visualizer of several arguments has a heat-map only if it has a `heatmap_function`. Where the
    visualizer or that function raises, or does not fit the other, an `Unheated` says so.
    """
    integration = host.integration
    sample = integration.sample(subset, sample_id)
    shown = [one for one in integration.visualizers if _inputs_of(one) & set(heats.arrays)]
    predictions = _predictions(host, sample, shown)
    found: list[tuple[str, Any]] = []
    for visualizer in shown:
        host.tell(f"the heat-map on {visualizer.name}")
        try:
            drawn = _drawn(integration, visualizer, sample, predictions, heats)
        except ExplorerError as error:
            drawn = Unheated(str(error))
        except (Exception, SystemExit) as error:  # of any type: it is the integration's code
            drawn = Unheated(describe_failure(error, integration.folder))
        if drawn is not None:
            found.append((visualizer.name, drawn))
    return found


def _inputs_of(visualizer: WiredFunction) -> set[str]:
    return {str(source.key) for source in visualizer.arguments.values() if source.kind == "input"}


def _predictions(host: Host, sample: DatasetSample, visualizers: Sequence[WiredFunction]) -> list[Array]:
    """The model's outputs for the sample, unbatched, where one of the visualizers shows them."""
    if not any(source.kind == "prediction" for one in visualizers for source in one.arguments.values()):
        return []
    return host.predictions(sample)


def _drawn(
    integration: Integration, visualizer: WiredFunction, sample: DatasetSample, predictions: list[Array], heats: Heats
) -> Any:
    """None where the sample lacks an argument, as unlabelled ones do.

    Raises:
        ExplorerError: no heat-map can be on what is drawn.
    """
    tensors = Tensors(sample.inputs, sample.gt or {}, predictions)
    if tensors.of(visualizer) is None:
        return None
    heat = _heat(integration, visualizer, sample, tensors, heats.arrays)
    shown = integration.visualize(visualizer, sample, predictions)
    return heated(shown, heat, f"{heats.method}: {heats.target}")


def _heat(
    integration: Integration,
    visualizer: WiredFunction,
    sample: DatasetSample,
    tensors: Tensors,
    heats: dict[str, Array],
) -> Array:
    """What the `heatmap_function` makes of the heat-maps; without one, that of the only argument, over its channels.

    The function is given heat-maps in place of inputs, all else as the visualizer gets it; the inputs themselves are
    in its argument that is annotated `RawInputsForHeatmap`, if it has one.

    Raises:
        ExplorerError: it has several arguments and no such function.
    """
    loader, name = integration.loader, visualizer.registered_name
    with_heats = Tensors(dict(tensors.inputs) | heats, tensors.ground_truths, tensors.predictions).of(visualizer) or {}
    raw = tensors.of(visualizer) or {}
    if loader._visualizer_handler_by_name()[name].heatmap_function is None:
        return _over_channels(integration, visualizer, heats)
    arguments: dict[str, Any] = dict(with_heats)
    if (raw_name := loader.get_heatmap_visualizer_raw_vis_input_arg_name(name)) is not None:
        arguments[raw_name] = RawInputsForHeatmap(raw)
    return np.asarray(loader.run_heatmap_visualizer(name, np.array([sample.index]), sample.state, arguments))


def _over_channels(integration: Integration, visualizer: WiredFunction, heats: dict[str, Array]) -> Array:
    """The heat-map of the visualizer's only argument; of an image the sum over its channels."""
    if len(visualizer.arguments) > 1:
        raise ExplorerError("It shows several things and has no heatmap_function to say where a heat-map belongs.")
    (source,) = visualizer.arguments.values()
    heat = heats[str(source.key)]
    declared = next((one.channel_dim for one in integration.setup.inputs if one.name == source.key), -1)
    return heat.sum(axis=channel_axis(declared, heat.ndim)) if heat.ndim > 2 else heat
