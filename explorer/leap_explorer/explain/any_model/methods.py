"""Which methods can explain a model, the most telling first."""

from collections.abc import Callable

from leap_explorer.contract.model import KerasModel, Model
from leap_explorer.explain.any_model.following import (
    by_detached_gradient,
    by_gradient,
    by_integrated_gradients,
    can_follow,
)
from leap_explorer.explain.any_model.grad_cam import by_grad_cam, has_grad_cam
from leap_explorer.explain.any_model.inputs import Inputs
from leap_explorer.explain.any_model.occluding import by_occlusion
from leap_explorer.explain.any_model.question import Answer, Question
from leap_explorer.explain.attribution import GRADIENT_TIMES_INPUT, INTEGRATED_GRADIENTS, OCCLUSION
from leap_explorer.extras import missing

GRAD_CAM = "Grad-CAM"
DETACHED_GRADIENT = f"{GRADIENT_TIMES_INPUT}, LRP-style (gates detached)"

Method = Callable[[Question], Answer]


def methods_of(model: Model, inputs: Inputs, output: int = 0) -> dict[str, Method]:
    """By name; occlusion, which any model allows, is always among them. Grad-CAM explains no loss.

    Gradients of a Keras model are followed from numbers and from embedded tokens, those of an ONNX model from tokens
    alone, where `onnx_gradient` knows its operations and TensorFlow is installed.
    """
    found: dict[str, Method] = {}
    if isinstance(model, KerasModel):
        found = {INTEGRATED_GRADIENTS: by_integrated_gradients, GRADIENT_TIMES_INPUT: by_gradient}
        if has_grad_cam(model, inputs):
            found[GRAD_CAM] = by_grad_cam
    elif _are_token_rows(inputs) and not missing("keras") and can_follow(model, _token_names(inputs), output):
        found = {DETACHED_GRADIENT: by_detached_gradient, GRADIENT_TIMES_INPUT: by_gradient}
    return {**found, OCCLUSION: by_occlusion}


def _token_names(inputs: Inputs) -> list[str]:
    return [part.fed_as for part in inputs if part.kind == "tokens"]


def _are_token_rows(inputs: Inputs) -> bool:
    """Whether all inputs are tokens, or belong to tokens, in a row."""
    return all(part.kind != "numbers" and part.values.ndim == 1 for part in inputs)
