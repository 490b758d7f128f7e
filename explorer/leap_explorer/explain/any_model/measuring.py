"""How faithful the methods are on one sample of an integration: functions that a `Door` calls."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from leap_explorer.contract.host import PATIENCE_OPENING, Host
from leap_explorer.contract.model import ModelFile
from leap_explorer.errors import ExplorerError
from leap_explorer.explain.any_model.heats import EXPLAINING
from leap_explorer.explain.any_model.inputs import Array, Inputs, read_inputs
from leap_explorer.explain.any_model.methods import methods_of
from leap_explorer.explain.any_model.question import FLAT, NoGradientError, Question
from leap_explorer.explain.any_model.scale import Scale
from leap_explorer.explain.any_model.units import units_in_words, units_of
from leap_explorer.explain.attribution import Floats
from leap_explorer.explain.faithfulness import RANDOM_DRAWS, SHARES, Sample, drops

Key = tuple[str, str]  #: subset, and the id as a run writes it


@dataclass(frozen=True)
class Measured:
    """What was measured on one sample."""

    drops: Floats  #: [methods + 1, 2, shares], a random ranking last; see `faithfulness.drops`
    seconds: tuple[float, ...]  #: by method
    units: int  #: that were ranked


def read_model(host: Host) -> ModelFile:
    """Where the model is from, and what tells it from another one."""
    return ModelFile.of(host.model, host.model_path)


@dataclass(frozen=True)
class Ways:
    """How the model can be explained."""

    methods: tuple[str, ...]
    baseline: str  #: what stands for nothing
    units: str  #: what is left out, in words


def read_ways(host: Host, key: Key, scale: Scale) -> Ways:
    """The methods that work on a sample.

    Each is asked once, so that afterwards all is set up.
    """
    question = _question(host, key, scale)
    found = []
    for name, method in methods_of(host.model, question.inputs, scale.output).items():
        host.tell(EXPLAINING, PATIENCE_OPENING)
        try:
            method(question)
        except NoGradientError:  # as of a model that rounds
            continue
        found.append(name)
    return Ways(tuple(found), question.inputs.baseline, units_in_words(question.inputs))


def declared_axis(host: Host, output: int) -> int:
    """The axis of the classes of one of the outputs, as the integration declares it for a batch."""
    outputs = host.integration.outputs
    return outputs[output].channel_dim if output < len(outputs) else -1


def output_row(host: Host, key: Key, scale: Scale) -> Floats:
    """[width], the analysed output of a sample."""
    return scale.row(_outputs(host, _inputs(host, key)))[0]


def measure_sample(host: Host, key: Key, scale: Scale, methods: Sequence[str], seed: int) -> Measured:
    """What becomes of what the model says where the units that a method ranks first go, or alone stay.

    Raises:
        ExplorerError: the sample has nothing to leave out.
    """
    question = _question(host, key, scale)
    units = units_of(question.inputs)
    if not units:
        raise ExplorerError(f"The sample {key[1]} is empty.")
    rankings, seconds = [], []
    available = methods_of(host.model, question.inputs, scale.output)
    for name in methods:
        host.tell(EXPLAINING, PATIENCE_OPENING)
        began = time.perf_counter()
        scores = available[name](question).scores
        seconds.append(time.perf_counter() - began)
        rankings.append(np.array([scores[unit.shown].sum() for unit in units]))
    generator = np.random.default_rng(seed)
    rankings += [generator.random(len(units)) for _ in range(RANDOM_DRAWS)]

    def said(rows: dict[str, Array]) -> Floats:
        return scale.columns(host.model.predict(question.inputs.batch(rows[FLAT]))[0])

    host.tell(EXPLAINING, PATIENCE_OPENING)
    sample = Sample({FLAT: question.inputs.differences()}, [unit.removed for unit in units])
    found = drops(said, sample, rankings, {FLAT: 0.0}, SHARES, question.batch_size, scale.from_logits)
    of_random = found[len(methods) :].mean(axis=0, keepdims=True)
    return Measured(np.concatenate([found[: len(methods)], of_random]), tuple(seconds), len(units))


def _question(host: Host, key: Key, scale: Scale) -> Question:
    """What drives what the model says of a sample."""
    inputs = _inputs(host, key)
    return Question(host.model, inputs, scale.number(_outputs(host, inputs)))


def _inputs(host: Host, key: Key) -> Inputs:
    subset, written = key
    integration = host.integration
    inputs = read_inputs(host, integration.sample(subset, integration.id_of(subset, written)))
    host.tell(EXPLAINING, PATIENCE_OPENING)
    return inputs


def _outputs(host: Host, inputs: Inputs) -> list[Array]:
    """The model's, as a batch of one."""
    return host.model.predict([part.values[None] for part in inputs])[0]
