"""Integrations of every kind of task: arrays in, one matrix product, and a truth to compare with."""

import json

import numpy as np
from onnx import helper

from graphs import constant, write_graph
from toys import LEAP_YAML

TOY = '''
"""A toy of one kind of task."""

import json
from pathlib import Path

import numpy as np
from code_loader.contract.datasetclasses import ConfusionMatrixElement, PredictionTypeHandler, PreprocessResponse
from code_loader.contract.enums import ConfusionMatrixValue, DataStateType, MetricDirection
from code_loader.inner_leap_binder.leapbinder_decorators import (
    tensorleap_custom_loss, tensorleap_custom_metric, tensorleap_gt_encoder, tensorleap_input_encoder,
    tensorleap_integration_test, tensorleap_load_model, tensorleap_preprocess
)

HERE = Path(__file__).parent
OUTPUTS = json.loads((HERE / "outputs.json").read_text())


@tensorleap_preprocess()
def preprocess():
    arrays = dict(np.load(HERE / "arrays.npz"))
    ids = [f"s{i}" for i in range(len(arrays["x"]))]
    half = len(ids) // 2
    return [
        PreprocessResponse(sample_ids=ids[:half], data=arrays, state=DataStateType.training),
        PreprocessResponse(sample_ids=ids[half:], data=arrays, state=DataStateType.validation),
    ]


@tensorleap_input_encoder("x", channel_dim=-1)
def x(sample_id: str, response: PreprocessResponse) -> np.ndarray:
    return response.data["x"][int(sample_id[1:])].astype(np.float32)


@tensorleap_gt_encoder("y")
def y(sample_id: str, response: PreprocessResponse) -> np.ndarray:
    return response.data["y"][int(sample_id[1:])].astype(np.float32)


@tensorleap_custom_loss("distance")
def distance(y: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    return np.abs(prediction.reshape(len(prediction), -1).mean(axis=1) - y.reshape(len(y), -1).mean(axis=1))


@tensorleap_custom_metric("boxes", direction=MetricDirection.Upward, compute_insights=False)
def boxes(prediction: np.ndarray):
    first = prediction.reshape(len(prediction), -1)[:, 0]
    return [
        [
            ConfusionMatrixElement("car", ConfusionMatrixValue.Positive, float(value)),
            ConfusionMatrixElement("dog", ConfusionMatrixValue.Negative, 0.9),
        ]
        for value in first
    ]


@tensorleap_load_model([PredictionTypeHandler(name, labels, channel_dim=-1) for name, labels in OUTPUTS.items()])
def load_model():
    import onnxruntime

    return onnxruntime.InferenceSession(str(HERE / "model.onnx"), providers=["CPUExecutionProvider"])


@tensorleap_integration_test()
def integration_test(sample_id, response):
    answer = y(sample_id, response)
    model = load_model()
    prediction = model.run(None, {"x": x(sample_id, response)})
    distance(answer, prediction[@OUTPUT@])
    boxes(prediction[@OUTPUT@])
'''


def write_task_toy(folder, x, y, weights, outputs=None, changes=()):
    """An integration whose model gives x @ each of the weights; returns the model's path.

    Args:
        changes: pairs of what is replaced in its code, and by what.
        x, y: [n, ...], the samples and what is right; half of them are for training.
        weights: [d, k], one for each output.
        outputs: labels by the output's name. The last output is compared with what is right.
    """
    folder.mkdir(parents=True)
    named = outputs or {"out": []}
    np.savez(folder / "arrays.npz", x=x, y=y)
    (folder / "outputs.json").write_text(json.dumps(named))
    (folder / "leap.yaml").write_text(LEAP_YAML)
    code = TOY.replace("@OUTPUT@", str(len(named) - 1))
    for old, new in changes:
        assert old in code
        code = code.replace(old, new)
    (folder / "integration.py").write_text(code)
    nodes = [helper.make_node("Mul", ["x", "one"], ["features"])]
    nodes += [helper.make_node("MatMul", ["features", f"w{i}"], [name]) for i, name in enumerate(named)]
    constants = [constant(f"w{i}", one) for i, one in enumerate(weights)]
    shape = ["n", *np.shape(x)[1:]]
    shapes = {name: [*shape[:-1], np.shape(one)[1]] for name, one in zip(named, weights, strict=True)}
    return write_graph(folder / "model.onnx", nodes, {"x": shape}, shapes, [constant("one", [1.0]), *constants])
