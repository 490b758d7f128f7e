"""An integration of any number of samples, made up as they are read: nothing is kept of any but its number.

A sample is a point near one of 40 centres in 128 dimensions, which the model hands on as its latent vector, and 30
words, two thirds of them of its centre; one in a hundred repeats the words of the sample before it. The label is the
side of a plane that the point lies on, told wrong now and then.
"""

from pathlib import Path

import numpy as np

DIMENSIONS, CENTRES = 128, 40

CODE = f"""
from functools import cache

import numpy as np
import onnxruntime
from code_loader.contract.datasetclasses import PredictionTypeHandler, PreprocessResponse
from code_loader.contract.enums import DatasetMetadataType, DataStateType, LeapDataType
from code_loader.contract.visualizer_classes import LeapText
from code_loader.inner_leap_binder.leapbinder_decorators import (
    tensorleap_custom_loss, tensorleap_custom_visualizer, tensorleap_gt_encoder, tensorleap_input_encoder,
    tensorleap_integration_test, tensorleap_load_model, tensorleap_metadata, tensorleap_preprocess
)

generator = np.random.default_rng(0)
CENTRES = generator.normal(size=({CENTRES}, {DIMENSIONS})).astype(np.float32)
PLANE = generator.normal(size={DIMENSIONS}).astype(np.float32)
MIDDLES, ENDS = ("an", "el", "is", "or", "um"), ("a", "e", "ish", "ly")
WORDS = np.array([first + middle + end for first in "bdfghklm" for middle in MIDDLES for end in ENDS])

@tensorleap_preprocess()
def preprocess():
    validation = SAMPLES // 10
    splits = (DataStateType.training, range(validation, SAMPLES)), (DataStateType.validation, range(validation))
    return [PreprocessResponse(sample_ids=list(map(str, ids)), data={{}}, state=state) for state, ids in splits]

def made(number):
    draws = np.random.default_rng(number)
    centre = number % {CENTRES}
    point = CENTRES[centre] + draws.normal(scale=0.5, size={DIMENSIONS}).astype(np.float32)
    return draws, centre, point

@tensorleap_input_encoder("x", channel_dim=-1)
def x(sample_id: str, response: PreprocessResponse) -> np.ndarray:
    return made(int(sample_id))[2]

@tensorleap_input_encoder("words", channel_dim=-1)
def words(sample_id: str, response: PreprocessResponse) -> np.ndarray:
    number = int(sample_id) - (int(sample_id) % 100 == 99)
    draws, centre, _ = made(number)
    of_centre, others = (4 * centre + draws.integers(12, size=20)) % len(WORDS), draws.integers(len(WORDS), size=10)
    return np.concatenate([of_centre, others]).astype(np.float32)

@tensorleap_gt_encoder("truth")
def truth(sample_id: str, response: PreprocessResponse) -> np.ndarray:
    draws, _, point = made(int(sample_id))
    return np.eye(2, dtype=np.float32)[int((point @ PLANE > 0) != (draws.random() < 0.05))]

@tensorleap_metadata("centre", metadata_type=DatasetMetadataType.int)
def centre(sample_id: str, response: PreprocessResponse) -> int:
    return int(sample_id) % {CENTRES}

@tensorleap_metadata("length", metadata_type=DatasetMetadataType.float)
def length(sample_id: str, response: PreprocessResponse) -> float:
    return float(np.linalg.norm(x(sample_id, response)))

@tensorleap_custom_visualizer("text", LeapDataType.Text)
def text(data: np.ndarray) -> LeapText:
    return LeapText([str(word) for word in WORDS[np.asarray(data).reshape(-1).astype(int)]])

@tensorleap_custom_loss("cross_entropy")
def cross_entropy(truth: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    return -np.log(np.clip((truth * prediction).sum(axis=1), 1e-7, 1)).astype(np.float32)

@tensorleap_load_model([PredictionTypeHandler("side", ["below", "above"], channel_dim=-1)])
def load_model():
    return onnxruntime.InferenceSession("model.onnx")

@tensorleap_integration_test()
def integration_test(sample_id: str, response: PreprocessResponse) -> None:
    inputs = {{"x": x(sample_id, response), "words": words(sample_id, response)}}
    cross_entropy(truth(sample_id, response), load_model().run(None, inputs)[0])
    text(words(sample_id, response))
    centre(sample_id, response)
    length(sample_id, response)
"""


def write_synthetic(folder: Path, samples: int) -> Path:
    """The integration of so many samples; returns its model."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    (folder / "leap.yaml").write_text("entryFile: synthetic.py\n")
    (folder / "synthetic.py").write_text(f"SAMPLES = {samples}\n{CODE}")
    generator = np.random.default_rng(0)
    generator.normal(size=(CENTRES, DIMENSIONS))  # the same plane as the integration's
    plane = generator.normal(size=DIMENSIONS).astype(np.float32)
    weights = np.stack([-plane, plane], axis=1) / 10
    nodes = [
        helper.make_node("ReduceSum", ["words", "axes"], ["sum"], keepdims=1),
        helper.make_node("Mul", ["sum", "nothing"], ["zero"]),
        helper.make_node("Add", ["x", "zero"], ["hidden"]),
        helper.make_node("MatMul", ["hidden", "weights"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["sides"], axis=-1),
    ]
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", size])
        for name, size in (("x", DIMENSIONS), ("words", 30), ("sides", 2))
    ]
    known = {"axes": np.array([1]), "nothing": np.zeros(1, np.float32), "weights": weights}
    initializers = [numpy_helper.from_array(value, name) for name, value in known.items()]
    graph = helper.make_graph(nodes, "sides", ends[:2], ends[2:], initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, folder / "model.onnx")
    return folder / "model.onnx"
