"""What drives a model on one sample, in the shapes of its inputs: functions that a `Door` calls."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from code_loader.contract.datasetclasses import DatasetSample

from leap_explorer.contract.host import PATIENCE_OPENING, Host
from leap_explorer.contract.integration import Integration
from leap_explorer.contract.model import Model
from leap_explorer.errors import ExplorerError
from leap_explorer.explain.any_model.chosen import read_choice
from leap_explorer.explain.any_model.inputs import Array, Inputs, read_inputs
from leap_explorer.explain.any_model.methods import methods_of
from leap_explorer.explain.any_model.question import Answer, NoGradientError, Question
from leap_explorer.explain.any_model.value import LOSS, Loss, Number, loss_of, number_of
from leap_explorer.explain.attribution import OCCLUSION

EXPLAINING = "explaining"  #: what `Host.tell` says while the model is asked

Aim = int | Literal["loss"]  #: the number of a class, or of a number that the model gives; or the loss


@dataclass(frozen=True)
class Heats:
    """How much each number of a sample's inputs moved what is explained; above 0 it raised it, below it lowered it."""

    arrays: dict[str, Array]  #: float32, by the input encoder, each in the shape that the encoder returns
    target: Aim
    output: int  #: the number of the model's output
    method: str
    settings: dict[str, Any]
    warning: str | None = None  #: why they must not be shown as a map


def heats_of(
    host: Host, subset: str, sample_id: str | int, target: Aim, output: int = 0, method: str | None = None
) -> Heats:
    """What drives the model on a sample.

    Args:
        target: of a classifier the number of a class, whose logit (of probabilities their logarithm) is explained; of
            a regression which of its numbers; `loss` for the integration's own loss. Of one number for two labels, 1
            is the number itself.
        output: which of the model's outputs.
        method: one of `methods_of`; by default what was measured to be the best for this model, or the first.

    Raises:
        ExplorerError: the sample has no such number, no loss, or the model cannot be asked so.
    """
    sample = host.integration.sample(subset, sample_id)
    inputs = read_inputs(host, sample)
    host.tell(EXPLAINING, PATIENCE_OPENING)
    question = ask(host.model, host.integration, sample, inputs, target, output)
    preferred = read_choice(host.model_path) if method is None else None
    name, answer = answer_by(question, output, method, preferred)
    arrays = inputs.split(answer.scores.astype(np.float32))
    if not np.isfinite(answer.scores).all():
        raise ExplorerError(f"Some scores of {name} are not finite, so there is no heat-map of the sample {sample_id}.")
    named = {part.name: array for part, array in zip(inputs, arrays, strict=True)}
    return Heats(named, target, output, name, answer.settings, answer.warning)


def ask(
    model: Model, integration: Integration, sample: DatasetSample, inputs: Inputs, target: Aim, output: int
) -> Question:
    """The question what drives the target."""
    aim: Number | Loss
    if target == LOSS:
        aim = loss_of(integration, sample, output)
    else:
        outputs, _ = model.predict([part.values[None] for part in inputs])
        aim = number_of(integration, outputs, output, int(target))
    return Question(model, inputs, aim)


def answer_by(question: Question, output: int, method: str | None, preferred: str | None = None) -> tuple[str, Answer]:
    """The method's name and its answer.

    Args:
        method: by default the preferred one, or else the first that can follow the model's gradient.

    Raises:
        ExplorerError: the model cannot be explained by a method of that name.
    """
    methods = methods_of(question.model, question.inputs, output)
    if method is not None and method not in methods:
        raise ExplorerError(f"This model cannot be explained by {method}; it can by {', '.join(methods)}.")
    if method is not None:
        return method, methods[method](question)
    for name in dict.fromkeys(one for one in (preferred, next(iter(methods))) if one in methods and one is not None):
        try:
            return name, methods[name](question)
        except NoGradientError:  # as of a model that rounds, or of a loss that counts: occlusion needs none
            continue
    return OCCLUSION, methods[OCCLUSION](question)
