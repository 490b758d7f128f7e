"""Integrations whose visualizers have heat-maps: an image with two numbers in Keras, and words in ONNX."""

import numpy as np

from toys import LEAP_YAML, write_onnx_toy

TWO_INPUTS = '''
"""A toy of two inputs: the number of pixels that are bright, and two numbers, add up to the answer."""

from pathlib import Path

import numpy as np
from code_loader.contract.datasetclasses import PredictionTypeHandler, PreprocessResponse, RawInputsForHeatmap
from code_loader.contract.enums import DataStateType, LeapDataType
from code_loader.contract.visualizer_classes import LeapGraph, LeapImage
from code_loader.inner_leap_binder.leapbinder_decorators import (
    tensorleap_custom_loss, tensorleap_custom_visualizer, tensorleap_gt_encoder, tensorleap_input_encoder,
    tensorleap_integration_test, tensorleap_load_model, tensorleap_preprocess
)

HERE = Path(__file__).parent


@tensorleap_preprocess()
def preprocess():
    arrays = dict(np.load(HERE / "arrays.npz"))
    ids = [str(position) for position in range(len(arrays["images"]))]
    return [
        PreprocessResponse(sample_ids=ids[:8], data=arrays, state=DataStateType.training),
        PreprocessResponse(sample_ids=ids[8:], data=arrays, state=DataStateType.validation),
    ]


@tensorleap_input_encoder("image", channel_dim=-1)
def image(sample_id: str, response: PreprocessResponse) -> np.ndarray:
    return response.data["images"][int(sample_id)]


@tensorleap_input_encoder("numbers", channel_dim=-1)
def numbers(sample_id: str, response: PreprocessResponse) -> np.ndarray:
    return response.data["numbers"][int(sample_id)]


@tensorleap_gt_encoder("answer")
def answer(sample_id: str, response: PreprocessResponse) -> np.ndarray:
    return response.data["answers"][int(sample_id)]


@tensorleap_custom_loss("squared_error")
def squared_error(answer: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    return ((answer - prediction) ** 2).mean(axis=1)


@tensorleap_custom_visualizer("plain", LeapDataType.Image)
def plain(image: np.ndarray) -> LeapImage:
    return LeapImage(np.reshape(image, (4, 4, 1)).astype(np.float32))


def twice(image: np.ndarray) -> np.ndarray:
    return np.kron(np.reshape(image, (4, 4)), np.ones((2, 2))).astype(np.float32)


@tensorleap_custom_visualizer("larger", LeapDataType.Image, heatmap_function=twice)
def larger(image: np.ndarray) -> LeapImage:
    return LeapImage(twice(image)[..., None])


@tensorleap_custom_visualizer("with_answer", LeapDataType.Image)
def with_answer(image: np.ndarray, prediction: np.ndarray) -> LeapImage:
    return LeapImage(np.reshape(image, (4, 4, 1)).astype(np.float32))


def broken(numbers: np.ndarray, raw: RawInputsForHeatmap) -> np.ndarray:
    if raw.raw_input_by_vizualizer_arg_name["numbers"].max() > 5:
        raise ValueError("too large")
    return numbers[:, None]


@tensorleap_custom_visualizer("curve", LeapDataType.Graph, heatmap_function=broken)
def curve(numbers: np.ndarray) -> LeapGraph:
    return LeapGraph(np.reshape(numbers, (-1, 1)).astype(np.float32), legend=["numbers"])


@tensorleap_load_model([PredictionTypeHandler("answers", ["value"], channel_dim=-1)])
def load_model():
    import keras

    return keras.models.load_model(HERE / "model.keras", compile=False)


@tensorleap_integration_test()
def integration_test(sample_id, response):
    pixels = image(sample_id, response)
    values = numbers(sample_id, response)
    truth = answer(sample_id, response)
    prediction = load_model()([pixels, values])
    squared_error(truth, prediction)
    plain(pixels)
    larger(pixels)
    with_answer(pixels, prediction)
    curve(values)
'''

IMAGE_WEIGHT, NUMBER_WEIGHTS = 0.5, (2.0, -3.0)
IRRELEVANT = (15,)  # a pixel that the model does not look at
LARGE_ID = "9"


def pixel_weights():
    """[4, 4, 1], what each pixel counts."""
    weights = np.full((4, 4, 1), IMAGE_WEIGHT, dtype=np.float32)
    weights.reshape(-1)[list(IRRELEVANT)] = 0
    return weights


def two_inputs():
    """Images [16, 4, 4, 1] and numbers [16, 2] of the toy's samples; one of a large number is `LARGE_ID`."""
    generator = np.random.default_rng(9)
    images = generator.uniform(0, 1, (16, 4, 4, 1)).astype(np.float32)
    numbers = generator.normal(size=(16, 2)).astype(np.float32)
    numbers[int(LARGE_ID), 0] = 9.0
    return images, numbers


def write_two_inputs_toy(folder):
    """Returns the model's path; the model is linear, and right to within a tenth."""
    import keras

    folder.mkdir(parents=True)
    images, numbers = two_inputs()
    pixels, values = keras.Input((4, 4, 1), name="pixels"), keras.Input((2,), name="values")
    joined = keras.layers.Concatenate()([keras.layers.Flatten()(pixels), values])
    model = keras.Model([pixels, values], keras.layers.Dense(1, use_bias=False)(joined))
    model.set_weights([np.concatenate([pixel_weights().ravel(), NUMBER_WEIGHTS])[:, None]])
    answers = model.predict([images, numbers], verbose=0) + 0.1
    np.savez(folder / "arrays.npz", images=images, numbers=numbers, answers=answers)
    (folder / "integration.py").write_text(TWO_INPUTS)
    (folder / "leap.yaml").write_text(LEAP_YAML)
    model.save(folder / "model.keras")
    return folder / "model.keras"


def write_heated_words_toy(folder):
    """`toys.write_onnx_toy` whose visualizer of words has a `heatmap_function`; returns the model's path."""
    path = write_onnx_toy(folder)
    code = (folder / "integration.py").read_text()
    declared = '@tensorleap_custom_visualizer("words", LeapDataType.Text)'
    assert declared in code
    function = """def words_heat(tokens: np.ndarray, raw: RawInputsForHeatmap) -> np.ndarray:
    return tokens[raw.raw_input_by_vizualizer_arg_name["tokens"] > 0]


@tensorleap_custom_visualizer("words", LeapDataType.Text, heatmap_function=words_heat)"""
    code = code.replace(declared, function).replace("import (\n    Conf", "import (\n    RawInputsForHeatmap, Conf", 1)
    (folder / "integration.py").write_text(code)
    return path
