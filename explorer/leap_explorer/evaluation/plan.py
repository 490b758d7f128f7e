"""What is to be evaluated: everything that decides a run's content, settled before the first sample is scored."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from leap_explorer.contract.door import TIME_LIMIT, Door
from leap_explorer.contract.recipe import Recipe
from leap_explorer.contract.source_hash import explorer_sha256
from leap_explorer.errors import ExplorerError
from leap_explorer.evaluation.encode import SampleKey
from leap_explorer.evaluation.pool import call_despite_deaths
from leap_explorer.evaluation.sampling import draw, of_simulations
from leap_explorer.evaluation.steps import Facts, read_hashes, read_labels
from leap_explorer.runs.strict_json import read_json
from leap_explorer.runs.task import Kind

CHUNK = 256
MOST_LABELS = 1000  # a ground truth of more different values names no classes to balance by


@dataclass(frozen=True)
class Options:
    """What to evaluate, and how."""

    samples: int | None = None  #: of each subset at most, drawn balanced by label; all by default
    subsets: tuple[str, ...] = ()  #: all by default
    seed: int = 42
    latent: str = "model"  #: or the name of a registered custom latent space
    projection: Literal["umap", "pca"] = "umap"  #: pca is quick
    workers: int | None = None  #: processes that read and score samples; by default one a core, one for a few samples
    output: str | None = None  #: the name of the model's output that is analysed; by default the first
    task: Kind | None = None  #: what kind of task it is; by default found from outputs and ground truths
    trusts_model: bool = False  #: whether code that the model file holds, as in Lambda layers, may be run
    time_limit: float = TIME_LIMIT  #: seconds that the integration's code may take for one sample
    environment: Mapping[str, str] = field(default_factory=dict)  #: variables of its process, on top of this one's
    simulations: tuple[Recipe, ...] = ()  #: what they make is evaluated beside its originals, and nothing else is


DEFAULTS = Options()


@dataclass(frozen=True)
class Plan:
    """Everything that decides the run's content; two equal plans give equal runs."""

    model: dict[str, str]
    history: dict[str, Any] | None  #: of the model's training
    code_sha256: str  #: the integration's
    explorer_sha256: str  #: so that a run of another version of the explorer is told apart
    options: dict[str, Any]
    keys: list[SampleKey]
    out_of_sample: str | None  #: a hash of the table, if one was given
    probe: str  #: a hash of a few samples' inputs: other data or another tokenizer under the same ids are told apart

    def fingerprint(self) -> str:
        return hashlib.sha256(json.dumps(vars(self), default=str).encode()).hexdigest()

    def chunks(self) -> list[list[SampleKey]]:
        """At most CHUNK samples, all of one subset."""
        chunks: list[list[SampleKey]] = []
        for key in self.keys:
            if not chunks or len(chunks[-1]) == CHUNK or chunks[-1][0][0] != key[0]:
                chunks.append([])
            chunks[-1].append(key)
        return chunks


def make_plan(door: Door, facts: Facts, options: Options, out_of_sample: pd.DataFrame | None) -> Plan:
    unknown = set(options.subsets) - set(facts.subsets)
    if unknown:
        there = ", ".join(facts.subsets)
        raise ExplorerError(f"There is no subset {min(unknown)}; the integration has: {there}.")
    keys: list[SampleKey] = []
    for subset, ids in facts.subsets.items():
        if not options.subsets or subset in options.subsets:
            drawn = draw(ids, partial(_labels, door, facts, subset, ids), options.samples, options.seed)
            keys += [(subset, sample_id) for sample_id in drawn]
    if options.simulations:
        keys = of_simulations(facts.subsets)
    if not keys:
        raise ExplorerError("There are no samples to evaluate.")
    probed = [keys[i] for i in np.linspace(0, len(keys) - 1, 16, dtype=int)]
    probes = call_despite_deaths(door, read_hashes, probed)
    settings = asdict(options)
    # They change nothing in the run, or the probes below tell what they change
    for name in ("workers", "time_limit", "environment", "trusts_model"):
        del settings[name]
    file = {"file": facts.model.name, "sha256": facts.model.sha256}
    table = None if out_of_sample is None else hashlib.sha256(out_of_sample.to_csv().encode()).hexdigest()
    return Plan(
        file, _history(facts.model.path), facts.code_sha256, explorer_sha256(), settings, keys, table, str(probes)
    )


def _history(model_path: Path | None) -> dict[str, Any] | None:
    """What the `.history.json` beside the model says; None without one."""
    if model_path is None:
        return None
    path = model_path.with_suffix(".history.json")
    try:
        return read_json(path) if path.exists() else None
    except (OSError, ValueError) as error:
        raise ExplorerError(f"{path} cannot be read: {error}") from error


def _labels(door: Door, facts: Facts, subset: str, ids: Sequence[Any]) -> Sequence[Any]:
    """What to balance by: the class of each sample, or nothing."""
    if facts.ground_truth is None or subset == "unlabeled":
        return [None] * len(ids)
    labels = door.call(read_labels, subset, ids, facts.ground_truth)
    return labels if len(set(labels)) <= MOST_LABELS else [None] * len(ids)
