"""A toy of each kind of task that draws its samples, and of other parts of the contract; evaluated through the door."""

from dataclasses import dataclass, field, replace

import numpy as np

from leap_explorer.evaluation.evaluate import Options, evaluate
from task_toys import write_task_toy

COUNT = 40
CLASSES = np.arange(COUNT) % 2
SIDE = 8
WORDS = ["Ada", "met", "Bo", "in", "Rome"]
TAGS = ["none", "person", "place"]

_IMPORTS = """
from code_loader.contract.datasetclasses import ElementInstance
from code_loader.contract.enums import DatasetMetadataType, LeapDataType
from code_loader.contract.responsedataclasses import BoundingBox
from code_loader.contract.visualizer_classes import (
    LeapGraph, LeapHorizontalBar, LeapImage, LeapImageMask, LeapImageWithBBox, LeapText, LeapTextMask
)
from code_loader.inner_leap_binder.leapbinder_decorators import (
    tensorleap_custom_instances_metric, tensorleap_custom_latent_space, tensorleap_custom_visualizer,
    tensorleap_element_instance_preprocess, tensorleap_instances_length_encoder, tensorleap_instances_masks_encoder
)

HERE = Path"""


@dataclass(frozen=True)
class Kind:
    """A toy: its arrays, what it draws, and how it is evaluated."""

    x: np.ndarray
    y: np.ndarray
    weights: list
    outputs: dict
    code: str  #: of visualizers and more
    calls: str  #: in the integration test, where `given`, `answer` and `prediction` are at hand
    options: Options = field(default_factory=lambda: Options(projection="pca", workers=1))
    changes: tuple = ()
    names_model: bool = True  #: else the model is the one that the integration loads itself


def _tokens():
    tags = np.random.default_rng(0).integers(0, 3, (COUNT, len(WORDS)))
    code = f"""
def marked(classes):
    return LeapTextMask(np.ravel(classes).astype(np.uint8), {WORDS}, {TAGS})


@tensorleap_custom_visualizer("truth", LeapDataType.TextMask)
def truth(y: np.ndarray) -> LeapTextMask:
    return marked(y)


@tensorleap_custom_visualizer("said", LeapDataType.TextMask)
def said(prediction: np.ndarray) -> LeapTextMask:
    return marked(np.reshape(prediction, (-1, 3)).argmax(axis=1))
"""
    weights = np.array([[1, 0, 0], [0, 1, 0], [0, 1, 0]])  # a place is taken for a person
    return Kind(np.eye(3)[tags], tags, [weights], {"tags": TAGS}, code, "truth(answer)\n    said(prediction)")


def _segmentation():
    classes = np.zeros((COUNT, SIDE, SIDE), dtype=int)
    classes[:, :, SIDE // 2 :] = 1
    classes[:, -1] = 2
    code = """
@tensorleap_custom_visualizer("mask", LeapDataType.ImageMask)
def mask(x: np.ndarray, prediction: np.ndarray) -> LeapImageMask:
    said = np.reshape(prediction, (8, 8, 3)).argmax(axis=2)
    grey = np.tile(np.linspace(0, 200, 8), (8, 1))[..., None].astype(np.float32)
    return LeapImageMask(said.astype(np.uint8), grey, ["sky", "road", "car"])
"""
    weights = np.array([[1, 0, 0], [0, 1, 0], [0, 1, 0]])  # a car is taken for road
    return Kind(
        np.eye(3)[classes], classes, [weights], {"pixels": ["sky", "road", "car"]}, code, "mask(given, prediction)"
    )


def _detection():
    boxes = np.random.default_rng(1).uniform(0.3, 0.4, (COUNT, 4))
    code = """
@tensorleap_custom_visualizer("boxes_shown", LeapDataType.ImageWithBBox)
def boxes_shown(y: np.ndarray, prediction: np.ndarray) -> LeapImageWithBBox:
    right = BoundingBox(*map(float, np.ravel(y)), 1.0, "truth")
    found = BoundingBox(*map(float, np.ravel(prediction)), 0.7, "found")
    return LeapImageWithBBox(np.full((64, 64, 3), 90, dtype=np.uint8), [right, found])


@tensorleap_instances_length_encoder("how_many")
def how_many(sample_id: str, response: PreprocessResponse) -> int:
    return 1


@tensorleap_instances_masks_encoder("box")
def box(sample_id: str, response: PreprocessResponse, number: int) -> ElementInstance:
    width, height = response.data["y"][int(sample_id[1:])][2:]
    mask = np.zeros((10, 10), dtype=np.float32)
    mask[:5, :4] = 1
    return ElementInstance(name="car", mask=mask, instance_metadata={"area": float(width * height)})


@tensorleap_custom_instances_metric("offset", direction=MetricDirection.Downward)
def offset(y: np.ndarray, prediction: np.ndarray):
    return {0: np.abs(y - prediction).mean(axis=1)}
"""
    preprocess = ("@tensorleap_preprocess()\ndef preprocess():", "def samples():")
    return Kind(
        boxes + 0.05,
        boxes,
        [np.eye(4)],
        {"box": ["x", "y", "width", "height"]},
        f"{code}\n\npreprocess = tensorleap_element_instance_preprocess(how_many, box)(samples)\n",
        "boxes_shown(answer, prediction)\n    offset(answer, prediction)",
        changes=(preprocess,),
    )


def _series():
    """In groups of four, whose encoders take a group."""
    rising = np.where(CLASSES[:, None] == 1, 1, -1) * np.linspace(-1, 1, 24)
    code = """
@tensorleap_custom_visualizer("curve", LeapDataType.Graph)
def curve(x: np.ndarray) -> LeapGraph:
    return LeapGraph(np.reshape(x, (24, 1)).astype(np.float32), x_label="hour", y_label="load", x_range=(0.0, 23.0))
"""
    of_group = '[response.data["{}"][int(one[1:])].astype(np.float32) for one in sample_id]'
    of_one = 'response.data["{}"][int(sample_id[1:])].astype(np.float32)'
    changes = (
        ("ids[:half]", "[ids[i : i + 4] for i in range(0, half, 4)]"),
        ("ids[half:]", "[ids[i : i + 4] for i in range(half, len(ids), 4)]"),
        ("sample_id: str", "sample_id: list"),
        *((of_one.format(name), of_group.format(name)) for name in "xy"),
    )
    weights = np.stack([-np.linspace(-1, 1, 24), np.linspace(-1, 1, 24)], axis=1)
    return Kind(
        rising,
        CLASSES[:, None],
        [weights],
        {"trend": ["falling", "rising"]},
        code,
        "curve(given)",
        changes=changes,
        names_model=False,
    )


def _regression():
    x = np.random.default_rng(2).uniform(1, 5, (COUNT, 3))
    code = """
@tensorleap_custom_visualizer("features", LeapDataType.HorizontalBar)
def features(x: np.ndarray) -> LeapHorizontalBar:
    return LeapHorizontalBar(np.ravel(x).astype(np.float32), ["rooms", "age", "floor"])
"""
    weights = np.array([[2.0], [-1.0], [0.5]])
    noise = np.tile([0.5, -0.5], COUNT // 2)[:, None]
    return Kind(x, x @ weights + noise, [weights], {"price": ["price"]}, code, "features(given)")


def _multi_label():
    """Its latent space of the model is twice the output."""
    y = np.random.default_rng(3).integers(0, 2, (COUNT, 3))
    x = 0.2 + 0.6 * y
    x[:, 2] = 0.7  # the third is always said
    code = """
@tensorleap_custom_latent_space("doubled")
def doubled(prediction: np.ndarray) -> np.ndarray:
    return np.asarray(prediction) * 2


@tensorleap_custom_visualizer("labels", LeapDataType.HorizontalBar)
def labels(y: np.ndarray, prediction: np.ndarray) -> LeapHorizontalBar:
    return LeapHorizontalBar(
        np.ravel(prediction).astype(np.float32), ["sun", "sea", "sand"], gt=np.ravel(y).astype(np.float32)
    )
"""
    return Kind(
        x,
        y,
        [np.eye(3)],
        {"scene": ["sun", "sea", "sand"]},
        code,
        "doubled(prediction)\n    labels(answer, prediction)",
    )


def _binary():
    brightness = np.where(CLASSES == 1, 0.9, 0.1)
    brightness[:4] = 0.6  # two of them wrongly
    code = """
@tensorleap_custom_visualizer("square", LeapDataType.Image)
def square(x: np.ndarray) -> LeapImage:
    return LeapImage(np.full((4, 4, 1), 255 * float(np.ravel(x)[0]), dtype=np.float32))
"""
    return Kind(brightness[:, None], CLASSES[:, None], [[[1.0]]], {"light": ["off", "on"]}, code, "square(given)")


def _two_outputs():
    """A number without a truth first, then a classifier."""
    code = """
@tensorleap_custom_visualizer("words", LeapDataType.Text)
def words(x: np.ndarray) -> LeapText:
    return LeapText(["big", "red", "box"] if np.ravel(x)[0] > np.ravel(x)[1] else ["small", "box"])
"""
    outputs = {"size": ["size"], "kind": ["big", "small"]}
    kind = Kind(
        np.eye(2)[CLASSES] + 0.1, np.eye(2)[CLASSES], [[[1.0], [2.0]], np.eye(2)], outputs, code, "words(given)"
    )
    return replace(kind, options=replace(kind.options, output="kind"))


def _unlabelled():
    """The number of `_two_outputs`, which nothing is compared with."""
    kind = _two_outputs()
    return replace(kind, options=replace(kind.options, output="size", task="regression"))


KINDS = {
    "tokens": _tokens,
    "segmentation": _segmentation,
    "detection": _detection,
    "series": _series,
    "regression": _regression,
    "multi-label": _multi_label,
    "binary": _binary,
    "two outputs": _two_outputs,
    "unlabelled": _unlabelled,
}


def evaluated_kind(name, folder):
    """The run of a toy, and its arrays."""
    kind = KINDS[name]()
    last = f"prediction[{len(kind.outputs) - 1}]"
    called = kind.calls.replace("prediction", last).replace("given", "x(sample_id, response)")
    changes = (
        *kind.changes,
        ("HERE = Path", _IMPORTS.lstrip("\n")),
        ("\n\n@tensorleap_load_model", f"\n{kind.code}\n\n@tensorleap_load_model"),
        (f"    boxes({last})\n", f"    boxes({last})\n    {called}\n"),
    )
    model = write_task_toy(folder / "toy", kind.x, kind.y, kind.weights, kind.outputs, changes)
    return evaluate(folder / "toy", model if kind.names_model else None, folder / "run", kind.options), kind
