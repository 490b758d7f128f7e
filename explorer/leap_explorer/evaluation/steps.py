"""What evaluating asks of an integration and its model: functions that a `Door` calls in their process.

Those with an argument `failed` do without some samples: by place in `keys`, why a sample is not to be read.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from leap_explorer.contract.host import PATIENCE_OPENING, Host
from leap_explorer.contract.integration import Integration
from leap_explorer.contract.model import ModelFile
from leap_explorer.evaluation.encode import EncodedSample, SampleKey, encode
from leap_explorer.evaluation.schema import find_schema
from leap_explorer.evaluation.score import score
from leap_explorer.runs.schema import RunSchema
from leap_explorer.runs.task import Kind

Array = npt.NDArray[Any]

SCORING = "scoring"  #: what `Host.tell` says while the model, the loss and the metrics run


@dataclass(frozen=True)
class Facts:
    """What an evaluation needs to know before it begins."""

    entry: str  #: the entry file
    code_sha256: str
    subsets: dict[str, list[str] | list[int]]  #: the sample ids, by subset
    ground_truth: str | None  #: that the analysed output is compared with first
    latent_spaces: tuple[str, ...]  #: registered
    outputs: tuple[str, ...]  #: the names of the model's outputs, or their numbers
    unread: tuple[str, ...]  #: what the integration registers and is not read
    has_text: bool
    visualizers: dict[str, str]  #: that the integration test calls, each with its type
    format: str  #: of the model: keras or onnx
    model: ModelFile


def read_facts(host: Host, output: str | None) -> Facts:
    """Open the integration and the model, of which the output of that name is to be analysed.

    Raises:
        ExplorerError: one of the two cannot be opened, they do not fit together, or there is no such output.
    """
    integration, model = host.integration, host.model
    integration.inputs_of(model)
    return Facts(
        integration.entry,
        integration.code_sha256(),
        integration.subsets,
        next(iter(integration.truths_of(integration.output_index(output))), None),
        tuple(integration.latent_spaces),
        tuple(one.name or str(number) for number, one in enumerate(integration.outputs)),
        tuple(integration.unread),
        integration.text_visualizer is not None,
        integration.visualizer_types,
        model.format,
        ModelFile.of(model, host.model_path),
    )


def read_labels(host: Host, subset: str, ids: Sequence[Any], ground_truth: str) -> list[float | None]:
    """The class of each sample, to balance a draw by; None where it cannot be told."""
    return [_label(host.integration, subset, sample_id, ground_truth) for sample_id in ids]


def _label(integration: Integration, subset: str, sample_id: Any, ground_truth: str) -> float | None:
    try:
        truth = np.asarray(integration.ground_truths(subset, sample_id)[ground_truth])
    except Exception:  # of any type: it is the integration's code, and evaluating the sample will tell
        return None
    if truth.size == 1:
        return float(truth.reshape(()))
    is_of_one_label = truth.ndim == 1 and truth.size and np.isclose(truth.sum(), 1)
    return float(truth.argmax()) if is_of_one_label else None


def read_hashes(host: Host, keys: Sequence[SampleKey], failed: Mapping[int, str]) -> list[int]:
    """The samples' `input_hash`; 0 of one that cannot be read."""
    return [sample.input_hash for sample in _encoded(host, keys, failed)]


def read_words(host: Host, keys: Sequence[SampleKey]) -> list[list[str]]:
    """The words that the integration shows of each sample."""
    integration = host.integration
    return [integration.words(integration.sample(*key)) or [] for key in keys]


def read_schema(
    host: Host,
    keys: Sequence[SampleKey],
    failed: Mapping[int, str],
    latent: str,
    output: str | None,
    kind: Kind | None,
) -> RunSchema:
    """See `find_schema`."""
    samples = _encoded(host, keys, failed)
    host.tell(SCORING, PATIENCE_OPENING)  # the model's first batch takes longer than others
    return find_schema(host.integration, host.model, samples, latent, output, kind)


def score_chunk(host: Host, chunk: Sequence[SampleKey], failed: Mapping[int, str], schema: RunSchema) -> pa.Table:
    """A part of a run: one row a sample. The chunk's samples are of one subset."""
    model = _Announced(host)
    return score(host.integration, model, schema, _encoded(host, chunk, failed))


def _encoded(host: Host, keys: Sequence[SampleKey], failed: Mapping[int, str]) -> list[EncodedSample]:
    """The samples, each told by its place before it is read; those in `failed` have that as their error."""
    integration = host.integration
    samples = []
    for place, key in enumerate(keys):
        host.tell(place)
        samples.append(EncodedSample(*key, error=failed[place]) if place in failed else encode(integration, key))
    return samples


class _Announced:
    """The model, with as much time as it needs; what follows, the loss and the metrics, is limited again."""

    def __init__(self, host: Host) -> None:
        self._host, self._model = host, host.model

    def predict(self, inputs: Sequence[Array], output: int = 0) -> tuple[list[Array], Array]:
        self._host.tell(SCORING, math.inf)
        try:
            return self._model.predict(inputs, output)
        finally:
            self._host.tell(SCORING)
