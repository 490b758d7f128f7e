"""An integration whose encoder does what it should not, for the samples that are named after it in `samples.txt`."""

from pathlib import Path

import numpy as np
import utils
from code_loader.contract.datasetclasses import PredictionTypeHandler, PreprocessResponse
from code_loader.contract.enums import DatasetMetadataType, DataStateType
from code_loader.inner_leap_binder.leapbinder_decorators import (
    tensorleap_custom_loss,
    tensorleap_custom_metric,
    tensorleap_gt_encoder,
    tensorleap_input_encoder,
    tensorleap_integration_test,
    tensorleap_load_model,
    tensorleap_metadata,
    tensorleap_preprocess,
)

HERE = Path(__file__).parent


@tensorleap_preprocess()
def preprocess():
    names = (HERE / "samples.txt").read_text(encoding="utf-8").split()
    return [
        PreprocessResponse(sample_ids=[f"good-{i}" for i in range(8)], data={}, state=DataStateType.training),
        PreprocessResponse(sample_ids=["good-8", *names], data={}, state=DataStateType.validation),
    ]


def class_of(sample_id: str) -> int:
    return len(sample_id) % 2


@tensorleap_input_encoder("x", channel_dim=-1)
def x(sample_id: str, response: PreprocessResponse) -> np.ndarray:
    utils.misbehave(sample_id)
    return np.eye(2, dtype=np.float32)[class_of(sample_id)]


@tensorleap_gt_encoder("truth")
def truth(sample_id: str, response: PreprocessResponse) -> np.ndarray:
    return np.eye(2, dtype=np.float32)[class_of(sample_id)]


@tensorleap_metadata("whose", metadata_type=DatasetMetadataType.string)
def whose(sample_id: str, response: PreprocessResponse) -> str:
    return utils.WHOSE


@tensorleap_custom_loss("error")
def error(truth: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    return np.abs(truth - prediction).sum(axis=1).astype(np.float32)


@tensorleap_custom_metric("gap")
def gap(truth: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    if (HERE / "metric_crashes").exists() and (truth[:, 1] == 1).any():
        utils.misbehave("crashes")
    return np.abs(truth - prediction).max(axis=1).astype(np.float32)


@tensorleap_load_model([PredictionTypeHandler("class", ["even", "odd"], channel_dim=-1)])
def load_model():
    import onnxruntime

    return onnxruntime.InferenceSession(str(HERE / "model.onnx"))


@tensorleap_integration_test()
def integration_test(sample_id: str, response: PreprocessResponse) -> None:
    inputs, labels = x(sample_id, response), truth(sample_id, response)
    prediction = load_model().run(None, {"x": inputs})[0]
    error(labels, prediction)
    gap(labels, prediction)
    whose(sample_id, response)
