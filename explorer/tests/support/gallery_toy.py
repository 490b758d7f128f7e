"""An integration of small pictures with a visualizer of every kind, each of which draws what a test can look for."""

from pathlib import Path

import numpy as np
from onnx import helper

from graphs import constant, write_graph

GALLERY = '''
"""A toy."""

from pathlib import Path

import numpy as np
from code_loader.contract.datasetclasses import PredictionTypeHandler, PreprocessResponse
from code_loader.contract.enums import DatasetMetadataType, DataStateType, LeapDataType, MetricDirection
from code_loader.contract.responsedataclasses import BoundingBox, BoundingBox3D
from code_loader.contract.visualizer_classes import (
    LeapAudio, LeapGraph, LeapHorizontalBar, LeapImage, LeapImageMask, LeapImageWithBBox, LeapImageWithHeatmap,
    LeapPointCloud, LeapText, LeapTextMask, LeapVideo
)
from code_loader.inner_leap_binder.leapbinder_decorators import (
    tensorleap_custom_loss, tensorleap_custom_metric, tensorleap_custom_visualizer, tensorleap_gt_encoder,
    tensorleap_input_encoder, tensorleap_integration_test, tensorleap_load_model, tensorleap_metadata,
    tensorleap_preprocess
)

HERE = Path(__file__).parent
SIDE = 16
FLAWED = 255  # what the visualizer "raises" cannot bear, in the sample 39
HUGE, HUGE_ID = 38, "1108034252451565568"  # a picture of 8,000 x 8,000 and a text of 100,000 words, of one sample
MISLABELLED = 22  # of which the model is surest
LABELS = ["left", "right"]
WORDS = ["the", "left", "half", "is", "bright", "", ""]


@tensorleap_preprocess()
def preprocess():
    names = {"training": DataStateType.training, "validation": DataStateType.validation}
    ids = {name: [f"{name[0]}/{i}?x=<{i}>" for i in range(40)] for name in names}
    ids["validation"][HUGE] = HUGE_ID
    return [PreprocessResponse(sample_ids=ids[name], data={}, state=state) for name, state in names.items()]


def number(sample_id):
    if sample_id == HUGE_ID:
        return HUGE
    return int(sample_id.partition("/")[2].partition("?")[0])


@tensorleap_input_encoder("image", channel_dim=-1)
def image(sample_id: str, response: PreprocessResponse) -> np.ndarray:
    pixels = np.random.default_rng(number(sample_id)).uniform(0, 60, (SIDE, SIDE, 3))
    half = slice(0, SIDE // 2) if number(sample_id) % 2 == 0 else slice(SIDE // 2, SIDE)
    pixels[:, half, 0] += 180
    if number(sample_id) == 39:
        pixels[0, 0, 0] = FLAWED
    if sample_id == HUGE_ID:
        pixels[0, 1, 0] = 255
    return pixels.astype(np.float32)


@tensorleap_gt_encoder("side")
def side(sample_id: str, response: PreprocessResponse) -> np.ndarray:
    is_right = number(sample_id) % 2 ^ (number(sample_id) == MISLABELLED)
    return np.eye(2, dtype=np.float32)[int(is_right)]


@tensorleap_metadata("number", metadata_type=DatasetMetadataType.int)
def number_metadata(sample_id: str, response: PreprocessResponse) -> int:
    return number(sample_id)


@tensorleap_custom_loss("squared_error")
def squared_error(side: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    return ((side - prediction) ** 2).mean(axis=1)


@tensorleap_custom_metric("accuracy", direction=MetricDirection.Upward, compute_insights=True)
def accuracy(side: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    return (side.argmax(axis=1) == prediction.argmax(axis=1)).astype(np.float32)


def is_huge(image):
    return pixels_of(image)[0, 1, 0] == 255


def pixels_of(image):
    return np.reshape(image, (SIDE, SIDE, 3)).astype(np.float32)


@tensorleap_custom_visualizer("picture", LeapDataType.Image)
def picture(image: np.ndarray) -> LeapImage:
    return LeapImage(pixels_of(image))


@tensorleap_custom_visualizer("faint picture", LeapDataType.Image)
def faint_picture(image: np.ndarray) -> LeapImage:
    if is_huge(image):
        return LeapImage(np.tile(pixels_of(image)[..., :1].astype(np.uint8), (500, 500, 1)))
    return LeapImage(pixels_of(image)[..., :1] / 255)


@tensorleap_custom_visualizer("boxes", LeapDataType.ImageWithBBox)
def boxes(image: np.ndarray, prediction: np.ndarray) -> LeapImageWithBBox:
    said = np.ravel(prediction)
    found = BoundingBox(0.25, 0.5, 0.5, 0.8, float(said[0]), "left half")
    turned = BoundingBox(0.7, 0.5, 0.2, 0.4, 0.3, "tilted", rotation=30.0)
    return LeapImageWithBBox(pixels_of(image), [found, turned])


@tensorleap_custom_visualizer("mask", LeapDataType.ImageMask)
def mask(image: np.ndarray) -> LeapImageMask:
    bright = (pixels_of(image)[..., 0] > 120).astype(np.uint8)
    return LeapImageMask(bright, pixels_of(image), ["dark", "bright"])


@tensorleap_custom_visualizer("heat", LeapDataType.ImageWithHeatmap)
def heat(image: np.ndarray) -> LeapImageWithHeatmap:
    ramp = np.tile(np.linspace(-1, 1, SIDE, dtype=np.float32), (SIDE, 1))
    return LeapImageWithHeatmap(pixels_of(image), np.stack([ramp, ramp.T]), ["across", "down"])


@tensorleap_custom_visualizer("curve", LeapDataType.Graph)
def curve(image: np.ndarray) -> LeapGraph:
    rows = pixels_of(image)[..., :2].mean(axis=0).astype(np.float32)
    return LeapGraph(rows, x_label="column", y_label="brightness", x_range=(0.0, 1.0), legend=["red", "green"])


@tensorleap_custom_visualizer("bars", LeapDataType.HorizontalBar)
def bars(side: np.ndarray, prediction: np.ndarray) -> LeapHorizontalBar:
    return LeapHorizontalBar(np.ravel(prediction).astype(np.float32), LABELS, gt=np.ravel(side).astype(np.float32))


@tensorleap_custom_visualizer("text", LeapDataType.Text)
def text(image: np.ndarray) -> LeapText:
    if is_huge(image):
        return LeapText(["word"] * 100_000)
    return LeapText(["<script>", *WORDS])


@tensorleap_custom_visualizer("truth", LeapDataType.TextMask)
def truth(image: np.ndarray) -> LeapTextMask:
    return LeapTextMask(np.array([0, 1, 1, 0, 0, 0, 0], dtype=np.uint8), WORDS, ["other", "place"])


@tensorleap_custom_visualizer("said", LeapDataType.TextMask)
def said(image: np.ndarray) -> LeapTextMask:
    return LeapTextMask(np.array([0, 1, 0, 0, 0, 0, 0], dtype=np.uint8), WORDS, ["other", "place"])


@tensorleap_custom_visualizer("clip", LeapDataType.Video)
def clip(image: np.ndarray) -> LeapVideo:
    return LeapVideo(np.stack([np.roll(pixels_of(image), i, axis=1) for i in range(8)]).astype(np.uint8))


@tensorleap_custom_visualizer("sound", LeapDataType.Audio)
def sound(image: np.ndarray) -> LeapAudio:
    wave = np.sin(np.arange(8000) / 10).astype(np.float32)
    return LeapAudio(wave, 8000, LeapGraph(wave[:400, None], x_label="seconds", x_range=(0.0, 1.0)))


@tensorleap_custom_visualizer("cloud", LeapDataType.PointCloud)
def cloud(image: np.ndarray) -> LeapPointCloud:
    points = np.random.default_rng(0).normal(size=(500, 3)).astype(np.float32)
    right = BoundingBox3D(0, 0, 0, 1, 2, 1, 0.5, "car", is_ground_truth=True)
    found = BoundingBox3D(0.2, 0, 0, 1, 2, 1, 0.4, "car", confidence=0.8)
    return LeapPointCloud(points, points[:, 2].copy(), [right, found])


@tensorleap_custom_visualizer("raises", LeapDataType.Text)
def raises(image: np.ndarray) -> LeapText:
    if pixels_of(image)[0, 0, 0] == FLAWED:
        raise StopIteration
    return LeapText(["calm"])


@tensorleap_custom_visualizer("nothing", LeapDataType.HorizontalBar)
def nothing(image: np.ndarray) -> LeapHorizontalBar:
    return LeapHorizontalBar(np.array([np.nan, 1.0], dtype=np.float32), LABELS)


@tensorleap_load_model([PredictionTypeHandler("sides", LABELS, channel_dim=-1)])
def load_model():
    import onnxruntime

    return onnxruntime.InferenceSession(str(HERE / "model.onnx"), providers=["CPUExecutionProvider"])


@tensorleap_integration_test()
def integration_test(sample_id, response):
    pixels = image(sample_id, response)
    answer = side(sample_id, response)
    prediction = load_model().run(None, {"image": pixels})[0]
    squared_error(answer, prediction)
    accuracy(answer, prediction)
    number_metadata(sample_id, response)
    picture(pixels)
    faint_picture(pixels)
    boxes(pixels, prediction)
    mask(pixels)
    heat(pixels)
    curve(pixels)
    bars(answer, prediction)
    text(pixels)
    truth(pixels)
    said(pixels)
    clip(pixels)
    sound(pixels)
    cloud(pixels)
    raises(pixels)
    nothing(pixels)
'''


def write_gallery(folder: Path) -> Path:
    """The integration and its model, which knows the side by its brightness; returns the model's path."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "integration.py").write_text(GALLERY)
    (folder / "leap.yaml").write_text("entryFile: integration.py\ninclude:\n  - leap.yaml\n  - '*.py'\n")
    is_left = np.tile((np.arange(16) < 8)[None, :, None] & (np.arange(3) == 0), (16, 1, 1)).reshape(-1)
    is_right = np.tile((np.arange(16) >= 8)[None, :, None] & (np.arange(3) == 0), (16, 1, 1)).reshape(-1)
    halves = np.stack([is_left, is_right], axis=1) / (128 * 255)
    nodes = [
        helper.make_node("Flatten", ["image"], ["flat"]),
        helper.make_node("MatMul", ["flat", "halves"], ["brightness"]),
        helper.make_node("MatMul", ["brightness", "sides"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"]),
    ]
    weights = [constant("halves", halves), constant("sides", 4 * np.eye(2))]
    shapes = {"image": ["batch", 16, 16, 3]}, {"probabilities": ["batch", 2]}
    return write_graph(folder / "model.onnx", nodes, *shapes, weights)
