"""A Tensorleap integration directory, read as the platform reads it: through code-loader's `LeapLoader`.

Code-loader keeps one integration a process, so a process can open one `Integration` only.
"""

import inspect
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

os.environ.setdefault("TL_DISABLE_ANALYTICS", "1")  # code-loader's telemetry costs seconds at every start

import numpy as np
import numpy.typing as npt
from code_loader import LeapLoader
from code_loader.contract.datasetclasses import DatasetSample, MetricHandlerData
from code_loader.contract.enums import (
    CustomLatentSpaceComputedAt,
    DatasetMetadataType,
    DataStateEnum,
    LeapDataType,
    MetricDirection,
)
from code_loader.contract.mapping import NodeConnection
from code_loader.inner_leap_binder import global_leap_binder

from leap_explorer.contract.docstrings import Description, descriptions_of
from leap_explorer.contract.elements import COLUMN_TYPES, ColumnType, Elements, is_of_elements
from leap_explorer.contract.failures import without_stack
from leap_explorer.contract.fed_names import fed_names, in_models_order
from leap_explorer.contract.latent_spaces import LatentSpace
from leap_explorer.contract.metric_values import MetricValues, outcome_counts, outcomes, per_sample
from leap_explorer.contract.model import Model
from leap_explorer.contract.opening import (
    check_that_ids_differ,
    code_sha256,
    read_settings,
    recorded_loaders,
    silence_exit_report,
)
from leap_explorer.contract.recipe import Recipe
from leap_explorer.contract.simulations import add_samples
from leap_explorer.contract.unread import unread
from leap_explorer.contract.wiring import Output, Source, Tensors, WiredFunction, source_of
from leap_explorer.errors import ExplorerError

Array = npt.NDArray[Any]

_TEXT_TYPES = (LeapDataType.Text.value, LeapDataType.TextMask.value)
_PROBED_SAMPLES = 5


class Integration:
    """An integration directory: its samples, and its functions with the wiring that its integration test declares."""

    def __init__(self, folder: Path, recipes: Sequence[Recipe] = ()) -> None:
        """Read `leap.yaml` and the entry file, and check the integration as `leap push` does.

        Args:
            recipes: simulations whose samples are made, and stand in the subset `additional`.

        Raises:
            ExplorerError: there is no integration, it is not valid, or it is of a kind that is not supported here; or
                it has no such simulation.
        """
        self.folder, self.recipes = folder.resolve(), tuple(recipes)
        self.settings = read_settings(self.folder)
        self.entry = str(self.settings["entryFile"])
        self._loads_model = recorded_loaders()
        # LeapLoader recurses for ever on a relative path
        self.loader = LeapLoader(str(self.folder), self.entry)
        silence_exit_report()
        checked = self.loader.check_dataset()
        if not checked.is_valid or checked.setup is None:
            failed = {payload.name: payload.display for payload in checked.payloads if not payload.is_passed}
            reasons = [f"{name}: {reason}" for name, display in failed.items() for reason in display.values()]
            try:
                self.loader.exec_script()  # what it raised in the check it raises again, in clearer words
            except Exception as error:  # of any type: it is the integration's code
                reasons = [str(error)]
            reason = "; ".join(map(without_stack, reasons or [str(checked.general_error)]))
            raise ExplorerError(f"The integration in {self.folder} is not valid: {reason}")
        self.setup = checked.setup
        self._connections: list[NodeConnection] = checked.engine_file_contract.node_connections
        if global_leap_binder.integration_test_func is None or not self._connections:
            raise ExplorerError(
                f"{self.entry} declares no @tensorleap_integration_test, from which the wiring of model, metrics and "
                "visualizers is read. Add one."
            )
        add_samples(self.loader, recipes)

    @cached_property
    def subsets(self) -> dict[str, list[str] | list[int]]:
        """The sample ids of each subset, by its name: training, validation, test, unlabeled, additional.

        Raises:
            ExplorerError: two samples of a subset have one id.
        """
        found: dict[str, list[str] | list[int]] = {}
        for state, response in self.loader._preprocess_result().items():
            elements = response.instance_to_sample_ids_mappings or {}  # no samples: encoders take none
            ids = [one for one in response.flat_sample_ids if one not in elements]
            check_that_ids_differ(state.name, ids)
            found[state.name] = ids
        return found

    def id_of(self, subset: str, written: str) -> str | int:
        """The id that is written so, as a run does with all ids.

        Raises:
            ExplorerError: there is no such sample.
        """
        found = self._ids_by_text.get(subset, {}).get(written)
        if found is None:
            raise ExplorerError(f"The integration has no sample {written} in the subset {subset} any more.")
        return found

    @cached_property
    def _ids_by_text(self) -> dict[str, dict[str, str | int]]:
        return {subset: {str(one): one for one in ids} for subset, ids in self.subsets.items()}

    @cached_property
    def model_inputs(self) -> list[str]:
        """The encoders that feed the model, in the order of its inputs."""
        by_position = {
            int(connection.node.type.value.removeprefix("Input")): connection.node.name
            for connection in self._connections
            if connection.node.type.value.removeprefix("Input").isdigit()
        }
        if not by_position:
            raise ExplorerError(f"The integration test in {self.entry} calls the model with no input encoder.")
        return [by_position[position] for position in sorted(by_position)]

    def inputs_of(self, model: Model) -> list[str]:
        """The encoders in the order of the model's inputs: an ONNX model's by name, a Keras model's as they are listed.

        Raises:
            ExplorerError: the model has another number of inputs, or an ONNX model others than those that are fed.
        """
        inputs, names = self.model_inputs, model.input_names
        if len(names) != len(inputs):
            raise ExplorerError(
                f"The model has {len(names)} inputs; the integration feeds it {len(inputs)} ({', '.join(inputs)}). "
                "Is it the model of this integration, as it is set now?"
            )
        if model.format != "onnx":
            return inputs
        fed = fed_names((self.folder / self.entry).read_text(encoding="utf-8"))
        ordered = in_models_order(inputs, fed, names)
        if ordered is None and fed is not None:
            raise ExplorerError(
                f"The integration test feeds the inputs {', '.join(fed)}; those of the model are {', '.join(names)}. "
                "Is it the model of this integration, as it is set now?"
            )
        return ordered or inputs

    @property
    def custom_layers(self) -> dict[str, Any]:
        """Keras layers that the integration registers, by the names that a model file may know them by."""
        layers = [(name, handler.layer) for name, handler in self.loader.custom_layers().items()]
        return dict(layers) | {layer.__name__: layer for _, layer in layers}

    def load_own_model(self) -> Any:
        """What the integration's own `load_model` returns.

        Raises:
            ExplorerError: it has none.
        """
        if not self._loads_model:
            raise ExplorerError(
                f"{self.entry} declares no @tensorleap_load_model, so name the model file: --model FILE."
            )
        return self._loads_model[-1]()

    @cached_property
    def losses(self) -> list[WiredFunction]:
        return list(self._wired("Loss", "CustomLoss"))

    @cached_property
    def metrics(self) -> list[WiredFunction]:
        """Those that give values of whole samples."""
        return [one for one in self._wired("Metric") if one.registered_name not in self.elements.metrics]

    @cached_property
    def elements(self) -> Elements:
        return Elements(self.loader)

    @cached_property
    def element_metrics(self) -> list[WiredFunction]:
        return [one for one in self._wired("Metric") if one.registered_name in self.elements.metrics]

    @cached_property
    def visualizers(self) -> list[WiredFunction]:
        return list(self._wired("Visualizer"))

    @cached_property
    def visualizer_types(self) -> dict[str, str]:
        """By the wired visualizers' names what they show, as `LeapDataType` names it."""
        types = {visualizer.name: visualizer.type.value for visualizer in self.setup.visualizers}
        return {one.name: types[one.registered_name] for one in self.visualizers}

    @cached_property
    def outputs(self) -> list[Output]:
        """The model's outputs that the integration names, in order; one without a name where it names none."""
        named = [
            Output(one.name, tuple(map(str, one.labels)), one.channel_dim if isinstance(one.channel_dim, int) else -1)
            for one in global_leap_binder.setup_container.prediction_types
        ]
        return named or [Output(None)]

    def output_index(self, name: str | None) -> int:
        """The number of the output of that name, or that number; by default the first.

        Raises:
            ExplorerError: there is none, or two labels of it are the same.
        """
        names = [output.name or str(index) for index, output in enumerate(self.outputs)]
        if name is not None and name not in names and not (name.isdecimal() and int(name) < len(names)):
            raise ExplorerError(f"There is no output {name}; there are: {', '.join(names)}.")
        index = 0 if name is None else names.index(name) if name in names else int(name)
        labels = self.outputs[index].labels
        if twice := [label for label, count in Counter(labels).items() if count > 1]:
            raise ExplorerError(
                f"The output {names[index]} names the label {twice[0]!r} more than once, so that its classes cannot be "
                "told apart. Give each its own name in the PredictionTypeHandler."
            )
        return index

    def truths_of(self, output: int) -> list[str]:
        """The ground truths that an output is compared with: by the losses, then by the metrics."""
        found: dict[str, None] = {}
        for function in (*self.losses, *self.metrics):
            sources = list(function.arguments.values())
            if Source("prediction", output) in sources:
                found |= {str(source.key): None for source in sources if source.kind == "ground_truth"}
        return list(found)

    @cached_property
    def metadata_types(self) -> dict[str, ColumnType]:
        """As the integration declares them; where it does not, as code-loader infers them."""
        declared: dict[str, DatasetMetadataType] = {}
        for handler in global_leap_binder.setup_container.metadata:
            if isinstance(handler.metadata_type, dict):
                declared |= {f"{handler.name}_{key}": kind for key, kind in handler.metadata_type.items()}
            elif handler.metadata_type is not None:
                declared[handler.name] = handler.metadata_type
        return {
            item.name: COLUMN_TYPES[declared.get(item.name, item.type)]
            for item in self.setup.metadata
            if not is_of_elements(item.name)
        }

    @cached_property
    def descriptions(self) -> dict[str, Description]:
        """What the docstrings of its metrics and metadata say, by name, as far as they say anything."""
        setup = global_leap_binder.setup_container
        functions = {handler.metric_handler_data.name: handler.function for handler in setup.metrics}
        functions |= {handler.name: handler.function for handler in setup.metadata}
        described: dict[str, Description] = {}
        for name, function in functions.items():
            # code-loader wraps the user's function without handing its docstring on
            original = inspect.getclosurevars(function).nonlocals.get("user_function", function)
            described |= descriptions_of(name, inspect.getdoc(original) or "")
        return described

    @cached_property
    def latent_spaces(self) -> dict[str, LatentSpace]:
        """The registered latent spaces by name, but for those of elements; of the model's those that are wired."""
        wired = {function.name for function in self.model_spaces}
        found = {}
        for name, space in global_leap_binder.setup_container.custom_latent_spaces.items():
            is_of_model = space.computed_at == CustomLatentSpaceComputedAt.MODEL
            if not space.instance_aware and (not is_of_model or name in wired):
                reduce = space.reduce.value if space.reduce else None
                found[name] = LatentSpace(name, is_of_model, reduce, space.n_components, space.channel_axis)
        return found

    @cached_property
    def model_spaces(self) -> list[WiredFunction]:
        """The latent spaces that are computed from the model's outputs."""
        return list(self._wired("CustomLatentSpace"))

    def run_latent_space(self, space: WiredFunction, ids: Array, subset: str, arguments: dict[str, Array]) -> Array:
        """[n, d], the vectors of a latent space that is computed from the model's outputs."""
        values = self.loader.run_model_latent_space(space.registered_name, ids, DataStateEnum[subset], dict(arguments))
        return self.latent_spaces[space.name].vectors(values)

    @cached_property
    def unread(self) -> list[str]:
        """What the integration registers and is not read here, in words."""
        called = {one.registered_name for one in self.element_metrics}
        return unread(self.latent_spaces, called, bool(self.recipes))

    @cached_property
    def text_visualizer(self) -> WiredFunction | None:
        """The one that shows most different words, judged on a few samples; None where nothing shows text."""
        candidates = [
            visualizer
            for visualizer in self.visualizers
            if self.visualizer_types[visualizer.name] in _TEXT_TYPES
            and all(source.kind == "input" for source in visualizer.arguments.values())
        ]
        if len(candidates) < 2:
            return candidates[0] if candidates else None
        subset, ids = next(iter(self.subsets.items()))
        probed = [ids[place] for place in np.linspace(0, len(ids) - 1, _PROBED_SAMPLES, dtype=int)]
        return max(
            candidates, key=lambda one: sum(self._distinct_words(one, subset, sample_id) for sample_id in probed)
        )

    def _distinct_words(self, visualizer: WiredFunction, subset: str, sample_id: str | int) -> int:
        """How many a visualizer shows of a sample; none where it fails, which evaluating tells."""
        try:
            return len(set(self._words(visualizer, self.sample(subset, sample_id))))
        except (Exception, SystemExit):  # of any type: it is the integration's code
            return 0

    def metric_facts(self, metric: WiredFunction, column: str) -> tuple[Literal["up", "down"] | None, bool]:
        """Which way is better, if the integration says so, and whether insights are to be computed from it.

        `column` is one that `run_metric` gives: of a metric with several values each can have its own facts.
        """
        known: dict[str, MetricHandlerData] = self.loader.metric_by_name() | self.loader.instance_metric_by_name()
        facts = known[metric.registered_name]
        key = column.removeprefix(f"{metric.name}_")
        direction = facts.direction.get(key) if isinstance(facts.direction, dict) else facts.direction
        computes = facts.compute_insights
        computes_insights = computes.get(key, False) if isinstance(computes, dict) else bool(computes)
        if not isinstance(direction, MetricDirection):
            return None, computes_insights
        return "up" if direction == MetricDirection.Upward else "down", computes_insights

    def sample(self, subset: str, sample_id: str | int) -> DatasetSample:
        """Inputs, ground truth, metadata and latent spaces of one sample, unbatched."""
        return self.loader.get_sample(DataStateEnum[subset], sample_id)

    def ground_truths(self, subset: str, sample_id: str | int) -> dict[str, Array]:
        """The ground truth alone, unbatched; empty for the unlabelled subset."""
        return {} if subset == "unlabeled" else self.loader.get_gt(DataStateEnum[subset], sample_id)

    def words(self, sample: DatasetSample) -> list[str] | None:
        """The sample's words as `text_visualizer` shows them; None where nothing shows text."""
        return None if self.text_visualizer is None else self._words(self.text_visualizer, sample)

    def _words(self, visualizer: WiredFunction, sample: DatasetSample) -> list[str]:
        shown = self.visualize(visualizer, sample)
        text = getattr(shown, "text", None)
        return list(shown.data if text is None else text)

    def visualize(self, visualizer: WiredFunction, sample: DatasetSample, predictions: Sequence[Array] = ()) -> Any:
        """What the visualizer makes of one sample: a code-loader class such as `LeapText`."""
        arguments = Tensors(sample.inputs, sample.gt or {}, predictions).of(visualizer)
        if arguments is None:
            raise ExplorerError(f"The visualizer {visualizer.name} needs what sample {sample.index} does not have.")
        ids = np.array([sample.index])
        return self.loader.run_visualizer(visualizer.registered_name, ids, sample.state, arguments)

    def run_loss(self, loss: WiredFunction, ids: Array, subset: str, arguments: dict[str, Array]) -> Array:
        """[n], one value a sample of the batch."""
        values = self.loader.run_custom_loss(loss.registered_name, ids, DataStateEnum[subset], dict(arguments))
        return per_sample(loss.name, values, len(ids))

    def run_metric(self, metric: WiredFunction, ids: Array, subset: str, arguments: dict[str, Array]) -> MetricValues:
        """A value a sample under the metric's name, or several, where the metric gives a dict or a confusion matrix.

        Of a confusion matrix, the number of the sample's elements that are true and false positives and negatives when
        a probability above one half counts as positive; by the elements' labels too.
        """
        values = self.loader.run_metric(metric.registered_name, ids, DataStateEnum[subset], dict(arguments))
        named = {f"{metric.name}_{key}": value for key, value in values.items()} if isinstance(values, dict) else {}
        found = MetricValues({}, {})
        for name, value in (named or {metric.name: values}).items():
            if isinstance(value, list) and any(isinstance(elements, list) for elements in value):
                found.elements[name] = [outcomes(elements) for elements in value]
                found.columns.update(outcome_counts(name, found.elements[name]))
            else:
                found.columns[name] = per_sample(metric.name, value, len(ids))
        return found

    def code_sha256(self) -> str:
        """Of all files that `leap push` would send: the integration's code, settings and tokenizers."""
        return code_sha256(self.folder)

    def _wired(self, *kinds: str) -> Iterator[WiredFunction]:
        seen = set()
        for connection in self._connections:
            node = connection.node
            if node.type.value in kinds:
                name = node.user_unique_name or node.name
                if name not in seen:
                    seen.add(name)
                    inputs = connection.node_inputs or {}
                    yield WiredFunction(name, node.name, {key: source_of(value) for key, value in inputs.items()})
