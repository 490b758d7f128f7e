"""Parts of samples, such as boxes or sentences, which the contract calls element instances."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from code_loader import LeapLoader
from code_loader.contract.datasetclasses import ElementInstance
from code_loader.contract.enums import DatasetMetadataType, DataStateEnum
from code_loader.inner_leap_binder import global_leap_binder

from leap_explorer.contract.wiring import WiredFunction

Array = npt.NDArray[Any]
ColumnType = Literal["int", "float", "bool", "string"]

COLUMN_TYPES: dict[DatasetMetadataType, ColumnType] = {
    DatasetMetadataType.int: "int",
    DatasetMetadataType.float: "float",
    DatasetMetadataType.boolean: "bool",
    DatasetMetadataType.string: "string",
}

_BUILT_IN = "builtin_instance_"  # what code-loader adds to the metadata of samples, for rows that are elements
_EXTRA = f"{_BUILT_IN}extra_metadata"
_PYTHON_TYPES: dict[str, type] = {"int": int, "float": float, "bool": bool, "string": str}


def is_of_elements(metadata: str) -> bool:
    """Whether a metadata of samples says something of elements alone."""
    return metadata.startswith(_BUILT_IN)


class Elements:
    """Reads the elements of samples: those that the data have, and those that a model found where there are none."""

    def __init__(self, loader: LeapLoader) -> None:
        self._loader = loader

    @property
    def _setup(self) -> Any:
        return global_leap_binder.setup_container

    def __bool__(self) -> bool:
        """Whether the integration has any."""
        responses = self._loader._preprocess_result().values()
        in_data = bool(self._setup.instance_masks) and any(one.sample_ids_to_instance_mappings for one in responses)
        return in_data or self._setup.false_positive_instances is not None

    @property
    def metrics(self) -> set[str]:
        """The registered names of the metrics that give a value for each element of a sample."""
        return {one.metric_handler_data.name for one in self._setup.instance_metrics}

    @property
    def metadata_types(self) -> dict[str, ColumnType]:
        """Of the elements' own metadata, as the integration declares them or code-loader infers them."""
        declared = [one.metadata_type for one in self._setup.metadata if one.name == _EXTRA]
        types = declared[0] if declared and isinstance(declared[0], dict) else {}
        return {name: COLUMN_TYPES[kind] for name, kind in types.items()}

    def rows(self, subset: str, sample_id: str | int, predictions: Mapping[str, Array]) -> list[dict[str, Any]]:
        """A row for each element of a sample, without its metrics; those that the model found wrongly come last.

        Args:
            predictions: of this sample, by the output's name.
        """
        response = self._loader._preprocess_result()[DataStateEnum[subset]]
        ids = (response.sample_ids_to_instance_mappings or {}).get(sample_id, [])
        found = [
            self._row(str(one), [mask.function(sample_id, response, number) for mask in self._setup.instance_masks])
            for number, one in enumerate(ids)
        ]
        if self._setup.false_positive_instances is None:
            return found
        wrong = self._setup.false_positive_instances.function(sample_id, response, dict(predictions))
        self._loader._validate_false_positive_instances(wrong, self.metrics)
        return found + [
            self._row(f"{sample_id}_fp{number}", [one]) | _metrics(one) | {"is_false_positive": True}
            for number, one in enumerate(wrong)
        ]

    def run_metric(
        self, metric: WiredFunction, ids: Array, subset: str, arguments: dict[str, Array]
    ) -> dict[int, Sequence[float]]:
        """By the element's number in its sample, a value for each sample of the batch."""
        found = self._loader.run_instance_metric(metric.registered_name, ids, DataStateEnum[subset], dict(arguments))
        return {int(number): np.asarray(values, dtype=float).tolist() for number, values in found.items()}

    def _row(self, element_id: str, given: Sequence[ElementInstance | None]) -> dict[str, Any]:
        """Of what the integration's encoders of masks each say of one element."""
        known = [one for one in given if one is not None]
        row: dict[str, Any] = {"id": element_id, "is_false_positive": False}
        if known:
            row |= {"name": str(known[0].name), "share": float(np.mean(known[0].mask)) if known[0].mask.size else None}
        for one in known:
            absent = one.instance_metadata_is_none or {}
            row |= {
                f"metadata_{name}": None if absent.get(name) else _PYTHON_TYPES[kind](one.instance_metadata[name])
                for name, kind in self.metadata_types.items()
                if one.instance_metadata and name in one.instance_metadata
            }
        return row


def _metrics(element: ElementInstance) -> dict[str, float]:
    return {f"metric_{name}": float(value) for name, value in (element.instance_metrics or {}).items()}
