"""What the JSON of a run must look like, whoever wrote it, so that what reads it need not ask."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import NoneType
from typing import Any

# A shape is a type or a union of types, a list of one shape, the shapes of an object's parts by name, or one of these:


@dataclass(frozen=True)
class Every:
    """An object of any names, with values of one shape."""

    shape: Any


@dataclass(frozen=True)
class Maybe:
    """Something that may be missing or null."""

    shape: Any


NUMBER = int | float
_ESTIMATE = Maybe({"value": Maybe(NUMBER), "low": Maybe(NUMBER), "high": Maybe(NUMBER)})

#: Of `run.json`.
RUN = {
    "model": {"file": Maybe(str), "sha256": Maybe(str), "format": Maybe(str)},
    "counts": Every({"available": Maybe(int), "evaluated": Maybe(int), "failed": Maybe(int)}),
    "columns": Every({"role": str, "type": Maybe(str), "direction": Maybe(str), "title": Maybe(str)}),
    "latent": {"source": Maybe(str), "dimensions": Maybe(int), "alike": Maybe(str)},
    "labels": Maybe([str]),
    "task": Maybe({"kind": str, "labels": Maybe([str]), "output_index": Maybe(int), "output": Maybe(str)}),
    "elements": Maybe(Every({"role": str, "type": str, "direction": Maybe(str), "description": Maybe(str)})),
    "latent_spaces": Maybe(Every({"name": Maybe(str)})),
    "history": Maybe({"epochs": Maybe([Every(NUMBER | str | NoneType)]), "shipped_epoch": Maybe(NUMBER)}),
    "versions": Maybe(Every(str | NoneType)),
    "integration": Maybe(dict),
    "seed": Maybe(int),
    "created": Maybe(str),
    "fingerprint": Maybe(str),
    "data_sha256": Maybe(str),
    "files": Maybe(Every(str)),
}

#: Of each of the clusters in `population.json`.
CLUSTER = {
    "cluster": int,
    "name": Maybe(str),
    "size": Maybe(int),
    "share": Maybe(NUMBER),
    "error_rate": _ESTIMATE,
    "loss": _ESTIMATE,
}

#: Of each of the findings in `insights.json`; `Insight.from_dict` asks more.
INSIGHT = {
    "id": str,
    "kind": str,
    "title": str,
    "severity": NUMBER,
    "n_samples": int,
    "n_total": int,
    "evidence": dict,
    "filter": list,
}


def problem(value: Any, shape: Any, name: str = "") -> str | None:
    """The name of the first part that is not of its shape, such as `columns.loss.role`; None where all are."""
    if isinstance(shape, Maybe):
        return None if value is None else problem(value, shape.shape, name)
    if isinstance(shape, dict | Every):
        return _problem_in_object(value, shape, name)
    if isinstance(shape, list):
        if not isinstance(value, list):
            return name
        return _first(problem(item, shape[0], f"{name}[{place}]") for place, item in enumerate(value))
    is_number = shape in (int, NUMBER)
    return None if isinstance(value, shape) and not (is_number and isinstance(value, bool)) else name


def _problem_in_object(value: Any, shape: "dict[str, Any] | Every", name: str) -> str | None:
    if not isinstance(value, Mapping):
        return name
    parts = dict.fromkeys(value, shape.shape) if isinstance(shape, Every) else shape
    return _first(problem(value.get(key), part, f"{name}.{key}".removeprefix(".")) for key, part in parts.items())


def _first(problems: Any) -> str | None:
    return next((one for one in problems if one is not None), None)
