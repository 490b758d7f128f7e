"""Small Tensorleap integrations, written into a folder: text with a Keras or an ONNX model, and images.

A text's samples are in its `samples.json`, so that a test knows and can change them.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]

PAD = "[pad]"
GOOD = ["great", "lovely", "superb", "warm"]
BAD = ["dull", "awful", "bland", "weak"]
PLAIN = ["film", "plot", "cast", "scene", "music", "story", "actor", "camera", "ending", "script", "editing", "crowd"]
BROKEN, FUSSY, TWIST = "broken", "fussy", "but"
VOCAB = [PAD, *GOOD, *BAD, *PLAIN, TWIST, BROKEN, FUSSY]
LENGTH = 12
LABELS = ["negative", "positive"]

BROKEN_ID, FUSSY_ID, EMPTY_ID = "training-0007", "validation-0003", "training-0011"
LEAKED = ("training-0002", "validation-0005")  # of one text

LEAP_YAML = "entryFile: integration.py\ninclude:\n  - leap.yaml\n  - '*.py'\n"

TEXT = '''
"""A toy."""

import json
import os
import time
from pathlib import Path

import numpy as np
from code_loader.contract.datasetclasses import (
    ConfusionMatrixElement, PredictionTypeHandler, PreprocessResponse, SamplePreprocessResponse
)
from code_loader.contract.enums import (
    ConfusionMatrixValue, DatasetMetadataType, DataStateType, LeapDataType, MetricDirection
)
from code_loader.contract.visualizer_classes import LeapHorizontalBar, LeapText
from code_loader.inner_leap_binder.leapbinder_decorators import (
    tensorleap_custom_latent_space, tensorleap_custom_loss, tensorleap_custom_metric, tensorleap_custom_visualizer,
    tensorleap_gt_encoder, tensorleap_input_encoder, tensorleap_integration_test, tensorleap_load_model,
    tensorleap_metadata, tensorleap_preprocess
)

HERE = Path(__file__).parent
VOCAB = @VOCAB@
LENGTH = @LENGTH@
LABELS = ["negative", "positive"]
FROM_LOGITS = @FROM_LOGITS@


@tensorleap_preprocess()
def preprocess():
    samples = json.loads((HERE / "samples.json").read_text())
    subsets = {}
    for sample in samples:
        subsets.setdefault(sample["subset"], {})[sample["id"]] = sample
    return [
        PreprocessResponse(sample_ids=list(rows), data=rows, state=DataStateType(subset))
        for subset, rows in subsets.items()
    ]


def words_of(sample_id, response):
    if sample_id == os.environ.get("TOY_HOLD"):
        while True:  # until the test kills the process
            time.sleep(0.05)
    return response.data[sample_id]["words"]


def padded(values):
    return np.array([*values, *[0] * (LENGTH - len(values))], dtype=np.float32)


@tensorleap_input_encoder("tokens", channel_dim=-1)
def tokens(sample_id: str, response: PreprocessResponse) -> np.ndarray:
    words = words_of(sample_id, response)
    if "broken" in words:
        raise ValueError("cannot read [this] sample")
    return padded([VOCAB.index(word) for word in words])


@tensorleap_gt_encoder("truth")
def truth(sample_id: str, response: PreprocessResponse) -> np.ndarray:
    label = response.data[sample_id]["label"]
    return np.array([], dtype=np.float32) if label is None else np.eye(2, dtype=np.float32)[label]


@tensorleap_metadata("length", metadata_type=DatasetMetadataType.int)
def length(sample_id: str, response: PreprocessResponse) -> int:
    """Words."""
    return len(words_of(sample_id, response))


@tensorleap_metadata("stars", metadata_type=DatasetMetadataType.int)
def stars(sample_id: str, response: PreprocessResponse):
    return response.data[sample_id]["stars"]


@tensorleap_metadata("good_share", metadata_type=DatasetMetadataType.float)
def good_share(sample_id: str, response: PreprocessResponse):
    words = words_of(sample_id, response)
    return sum(1 <= VOCAB.index(word) <= 4 for word in words) / len(words) if words else None


@tensorleap_metadata("twisted", metadata_type=DatasetMetadataType.boolean)
def twisted(sample_id: str, response: PreprocessResponse):
    words = words_of(sample_id, response)
    return "but" in words if words else None


@tensorleap_metadata("first_word", metadata_type=DatasetMetadataType.string)
def first_word(sample_id: str, response: PreprocessResponse):
    words = words_of(sample_id, response)
    return words[0] if words else None


@tensorleap_metadata("set", metadata_type={
    "distinct": DatasetMetadataType.int, "repetition": DatasetMetadataType.float,
    "repeats": DatasetMetadataType.boolean, "longest": DatasetMetadataType.string,
})
def set_metadata(sample_id: str, response: PreprocessResponse):
    """Facts of the words.

    - `distinct`: distinct words. How many there are.
    - `repeats`: whether any occurs twice.
    """
    words = words_of(sample_id, response)
    return {
        "distinct": len(set(words)),
        "repetition": len(words) / len(set(words)) if words else None,
        "repeats": len(set(words)) < len(words),
        "longest": max(words, key=len) if words else None,
    }


@tensorleap_custom_latent_space("counts")
def counts(sample_id: str, response: PreprocessResponse) -> np.ndarray:
    return np.bincount(tokens(sample_id, response).ravel().astype(int), minlength=len(VOCAB)).astype(np.float32)


def probabilities(prediction):
    if not FROM_LOGITS:
        return np.asarray(prediction, dtype=np.float64)
    powers = np.exp(np.asarray(prediction, dtype=np.float64))
    return powers / powers.sum(axis=1, keepdims=True)


@tensorleap_custom_loss("cross_entropy")
def cross_entropy(truth: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    return -(truth * np.log(probabilities(prediction))).sum(axis=1).astype(np.float32)


@tensorleap_custom_metric("accuracy", direction=MetricDirection.Upward, compute_insights=True)
def accuracy(truth: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    """Share of right predictions.

    One or zero for each sample.
    """
    return (truth.argmax(axis=1) == prediction.argmax(axis=1)).astype(np.float32)


@tensorleap_custom_metric(
    "errors",
    direction={"absolute": MetricDirection.Downward, "truth": MetricDirection.Upward},
    compute_insights={"absolute": True, "truth": False},
)
def errors(truth: np.ndarray, prediction: np.ndarray):
    right = (truth * probabilities(prediction)).sum(axis=1).astype(np.float32)
    return {"absolute": 1 - right, "truth": right}


@tensorleap_custom_metric("confusion", direction=MetricDirection.Upward, compute_insights=False)
def confusion(truth: np.ndarray, prediction: np.ndarray):
    return [
        [
            ConfusionMatrixElement(
                label, ConfusionMatrixValue.Positive if one[k] else ConfusionMatrixValue.Negative, float(values[k])
            )
            for k, label in enumerate(LABELS)
        ]
        for one, values in zip(truth, probabilities(prediction))
    ]


@tensorleap_custom_metric("fussy", direction=MetricDirection.Downward, compute_insights=False)
def fussy(tokens: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    if (tokens == VOCAB.index("fussy")).any():
        raise ValueError("not this one")
    return probabilities(prediction).max(axis=1).astype(np.float32)


@tensorleap_custom_metric("filled", direction=MetricDirection.Upward, compute_insights=False)
def filled(tokens: np.ndarray):
    return [float((row > 0).mean()) if row.any() else None for row in tokens]


def shown(tokens):
    return [VOCAB[int(token)] for token in np.ravel(tokens) if token > 0]


@tensorleap_custom_visualizer("first", LeapDataType.Text)
def first(tokens: np.ndarray) -> LeapText:
    return LeapText(shown(tokens)[:1])


@tensorleap_custom_visualizer("words", LeapDataType.Text)
def words(tokens: np.ndarray) -> LeapText:
    return LeapText(shown(tokens))


@tensorleap_custom_visualizer("bars", LeapDataType.HorizontalBar)
def bars(prediction: np.ndarray) -> LeapHorizontalBar:
    return LeapHorizontalBar(np.ravel(prediction).astype(np.float32), LABELS)


def everything_but_the_model(sample_id, response, ids, answer, prediction):
    cross_entropy(answer, prediction)
    accuracy(answer, prediction)
    errors(answer, prediction)
    confusion(answer, prediction)
    fussy(ids, prediction)
    filled(ids)
    length(sample_id, response)
    stars(sample_id, response)
    good_share(sample_id, response)
    twisted(sample_id, response)
    first_word(sample_id, response)
    set_metadata(sample_id, response)
    counts(sample_id, response)
    first(ids)
    words(ids)
    bars(prediction)
'''

KERAS_TAIL = """

@tensorleap_load_model([PredictionTypeHandler("sentiment", LABELS, channel_dim=-1)])
def load_model():
    import keras

    return keras.models.load_model(HERE / "model.keras", compile=False)


@tensorleap_integration_test()
def integration_test(sample_id, response):
    ids = tokens(sample_id, response)
    answer = truth(sample_id, response)
    model = load_model()
    everything_but_the_model(sample_id, response, ids, answer, model(ids))
"""

ONNX_TAIL = """

@tensorleap_input_encoder("attention_mask", channel_dim=-1)
def attention_mask(sample_id: str, response: PreprocessResponse) -> np.ndarray:
    return padded([1] * len(words_of(sample_id, response)))


@tensorleap_load_model([PredictionTypeHandler("sentiment", LABELS, channel_dim=-1)])
def load_model():
    import onnxruntime

    return onnxruntime.InferenceSession(str(HERE / "model.onnx"), providers=["CPUExecutionProvider"])


@tensorleap_integration_test()
def integration_test(sample_id, response):
    ids = tokens(sample_id, response)
    mask = attention_mask(sample_id, response)
    answer = truth(sample_id, response)
    model = load_model()
    prediction = model.run(None, {"input_ids": ids, "attention_mask": mask})[0]
    everything_but_the_model(sample_id, response, ids, answer, prediction)
"""

IMAGES = '''
"""A toy that shows no text: bright halves of small images."""

from pathlib import Path

import numpy as np
from code_loader.contract.datasetclasses import PredictionTypeHandler, PreprocessResponse
from code_loader.contract.enums import DatasetMetadataType, DataStateType, LeapDataType, MetricDirection
from code_loader.contract.visualizer_classes import LeapImage
from code_loader.inner_leap_binder.leapbinder_decorators import (
    tensorleap_custom_loss, tensorleap_custom_metric, tensorleap_custom_visualizer, tensorleap_gt_encoder,
    tensorleap_input_encoder, tensorleap_integration_test, tensorleap_load_model, tensorleap_metadata,
    tensorleap_preprocess
)

HERE = Path(__file__).parent
LABELS = ["left", "top", "dark"]


@tensorleap_preprocess()
def preprocess():
    arrays = dict(np.load(HERE / "images.npz"))
    ids = [str(position) for position in range(len(arrays["images"]))]
    half = len(ids) // 2
    return [
        PreprocessResponse(sample_ids=ids[:half], data=arrays, state=DataStateType.training),
        PreprocessResponse(sample_ids=ids[half:], data=arrays, state=DataStateType.validation),
    ]


@tensorleap_input_encoder("image", channel_dim=-1)
def image(sample_id: str, response: PreprocessResponse) -> np.ndarray:
    return response.data["images"][int(sample_id)]


@tensorleap_gt_encoder("kind")
def kind(sample_id: str, response: PreprocessResponse) -> np.ndarray:
    return np.eye(3, dtype=np.float32)[response.data["labels"][int(sample_id)]]


@tensorleap_metadata("brightness", metadata_type=DatasetMetadataType.float)
def brightness(sample_id: str, response: PreprocessResponse) -> float:
    return float(image(sample_id, response).mean())


@tensorleap_custom_loss("squared_error")
def squared_error(kind: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    return ((kind - prediction) ** 2).mean(axis=1)


@tensorleap_custom_metric("accuracy", direction=MetricDirection.Upward, compute_insights=True)
def accuracy(kind: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    return (kind.argmax(axis=1) == prediction.argmax(axis=1)).astype(np.float32)


@tensorleap_custom_visualizer("picture", LeapDataType.Image)
def picture(image: np.ndarray) -> LeapImage:
    return LeapImage((np.reshape(image, (8, 8, 1)) * 255).astype(np.float32))


@tensorleap_load_model([PredictionTypeHandler("kinds", LABELS, channel_dim=-1)])
def load_model():
    import keras

    return keras.models.load_model(HERE / "model.h5", compile=False)


@tensorleap_integration_test()
def integration_test(sample_id, response):
    pixels = image(sample_id, response)
    answer = kind(sample_id, response)
    prediction = load_model()(pixels)
    squared_error(answer, prediction)
    accuracy(answer, prediction)
    brightness(sample_id, response)
    picture(pixels)
'''


def text_samples(training=160, validation=160, unlabeled=20):
    """Rows of `samples.json`. Good words are positive and bad ones negative; a twist turns the label round."""
    generator = np.random.default_rng(0)
    samples = []
    for subset, count in (("training", training), ("validation", validation), ("unlabeled", unlabeled)):
        for i in range(count):
            label = i % 2
            words = list(generator.choice(PLAIN, generator.integers(1, LENGTH - 4)))
            words += list(generator.choice((BAD, GOOD)[label], generator.integers(1, 4)))
            if i % 5 == 0:
                words, label = [*words, TWIST], 1 - label
            sample_id = f"{subset}-{i:04}"
            words = {BROKEN_ID: [*words[:4], BROKEN], FUSSY_ID: [*words[:4], FUSSY], EMPTY_ID: []}.get(sample_id, words)
            stars = int(generator.integers(1, 11))
            samples.append(
                {
                    "id": sample_id,
                    "subset": subset,
                    "words": [str(word) for word in words],
                    "label": None if subset == "unlabeled" else label,
                    "stars": stars if i % 3 else None,
                }
            )
    by_id = {sample["id"]: sample for sample in samples}
    by_id[LEAKED[1]]["words"] = by_id[LEAKED[0]]["words"]
    return samples


def token_matrix(samples):
    """[n, LENGTH] ids, padded with 0."""
    rows = [[VOCAB.index(word) for word in sample["words"]] for sample in samples]
    return np.array([row + [0] * (LENGTH - len(row)) for row in rows])


def write_text(folder, tail, from_logits, samples=None):
    """The text integration without its model."""
    folder.mkdir(parents=True, exist_ok=True)
    values = {"VOCAB": repr(VOCAB), "LENGTH": str(LENGTH), "FROM_LOGITS": str(from_logits)}
    code = TEXT + tail
    for name, value in values.items():
        code = code.replace(f"@{name}@", value)
    (folder / "integration.py").write_text(code)
    (folder / "leap.yaml").write_text(LEAP_YAML)
    (folder / "samples.json").write_text(json.dumps(samples or text_samples()))


def write_onnx_toy(folder: Path, samples=None):
    """Text with an ONNX model, whose inputs have any length and are hidden by a mask; returns the model's path."""
    write_text(folder, ONNX_TAIL, True, samples)
    return write_onnx_model(folder / "model.onnx")


def onnx_weights(sign=1.0):
    """Embeddings [vocabulary, 4], hidden [4, 3], head [3, 2] and its bias [2]; a sign of -1 turns answers round."""
    generator = np.random.default_rng(1)
    embeddings = generator.normal(scale=0.3, size=(len(VOCAB), 4)).astype(np.float32)
    embeddings[:, 0] = [1.0 if word in GOOD else -1.0 if word in BAD else 0.0 for word in VOCAB]
    embeddings[0] = 100.0  # a position of padding that is not hidden would show
    hidden = generator.normal(scale=0.2, size=(4, 3)).astype(np.float32)
    hidden[0] = [4.0, -4.0, 0.5]
    head = sign * np.array([[-2.0, 2.0], [2.0, -2.0], [0.1, -0.1]], dtype=np.float32)
    return embeddings, hidden, head, np.array([0.05, -0.05], dtype=np.float32)


def onnx_by_hand(tokens, sign=1.0):
    """Logits [n, 2] and hidden vectors [n, 3] of `write_onnx_model`, for tokens [n, LENGTH], in float64."""
    embeddings, hidden, head, bias = (array.astype(np.float64) for array in onnx_weights(sign))
    mask = (tokens > 0)[:, :, None]
    mean = (embeddings[tokens] * mask).sum(axis=1) / np.maximum(mask.sum(axis=1), 1)
    latent = np.maximum(mean @ hidden, 0)
    return latent @ head + bias, latent


def write_onnx_model(path, sign=1.0, length="length"):
    """Mean of the embeddings that the mask lets through, one hidden layer, two logits."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    names = ("embeddings", "hidden", "head", "bias")
    weights = [numpy_helper.from_array(array, name) for name, array in zip(names, onnx_weights(sign), strict=True)]
    weights += [
        numpy_helper.from_array(np.array([1], dtype=np.int64), "axis_1"),
        numpy_helper.from_array(np.array([2], dtype=np.int64), "axis_2"),
        numpy_helper.from_array(np.array([1], dtype=np.float32), "one"),
    ]
    nodes = [
        helper.make_node("Gather", ["embeddings", "input_ids"], ["embedded"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "axis_2"], ["wide_mask"]),
        helper.make_node("Mul", ["embedded", "wide_mask"], ["masked"]),
        helper.make_node("ReduceSum", ["masked", "axis_1"], ["total"], keepdims=0),
        helper.make_node("ReduceSum", ["mask", "axis_1"], ["raw_count"], keepdims=1),
        helper.make_node("Max", ["raw_count", "one"], ["count"]),
        helper.make_node("Div", ["total", "count"], ["mean"]),
        helper.make_node("MatMul", ["mean", "hidden"], ["before"]),
        helper.make_node("Relu", ["before"], ["features"]),
        helper.make_node("MatMul", ["features", "head"], ["scores"]),
        helper.make_node("Add", ["scores", "bias"], ["logits"]),
    ]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", length])
        for name in ("input_ids", "attention_mask")
    ]
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 2])]
    graph = helper.make_graph(nodes, "toy", inputs, outputs, weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def write_keras_toy(folder: Path, samples=None):
    """Text with a Keras model that gives probabilities; returns the model's path."""
    import keras

    write_text(folder, KERAS_TAIL, False, samples)
    keras.utils.set_random_seed(3)
    inputs = keras.Input((LENGTH,), name="tokens")
    embedded = keras.layers.Embedding(len(VOCAB), 4, name="embedding")(inputs)
    mean = keras.layers.GlobalAveragePooling1D()(embedded)
    hidden = keras.layers.Dense(5, activation="relu", name="hidden")(mean)
    raw = keras.layers.Dense(2, name="head")(hidden)
    model = keras.Model(inputs, keras.layers.Softmax()(raw))
    model.get_layer("head").bias.assign([0.3, -0.3])
    model.save(folder / "model.keras")
    return folder / "model.keras"


def write_image_toy(folder: Path, count=48):
    """Images with a Keras model that gives logits; returns the model's path."""
    import keras

    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(2)
    labels = np.arange(count) % 3
    images = generator.uniform(0, 0.2, (count, 8, 8, 1)).astype(np.float32)
    images[labels == 0, :, :4] += 0.7
    images[labels == 1, :4] += 0.7
    np.savez(folder / "images.npz", images=images, labels=labels)
    (folder / "integration.py").write_text(IMAGES)
    (folder / "leap.yaml").write_text(LEAP_YAML)
    keras.utils.set_random_seed(4)
    layers = [
        keras.Input((8, 8, 1)),
        keras.layers.Conv2D(4, 3, activation="relu"),
        keras.layers.Flatten(),
        keras.layers.Dense(6, activation="relu", name="hidden"),
        keras.layers.Dense(3, name="head"),
    ]
    model = keras.Sequential(layers)
    model.save(folder / "model.h5")
    return folder / "model.h5"


@dataclass(frozen=True)
class Evaluated:
    """An integration, its model, what `evaluate` said of them, and the run that it wrote."""

    folder: Path
    model: Path
    out: Path
    result: subprocess.CompletedProcess[str]


def environment(**variables):
    """Of the commands' processes: the package can be found, and tables are not wrapped."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path, "COLUMNS": "250", **variables}


def explorer(*arguments, **variables):
    """`python -m leap_explorer ...`"""
    return subprocess.run(
        [sys.executable, "-m", "leap_explorer", *map(str, arguments)],
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=False,
    )


def evaluate_toy(write, folder, *options):
    """Write a toy into `folder` and evaluate it: the same command for every one."""
    model = write(folder / "integration")
    out = folder / "runs" / "toy"
    result = explorer("evaluate", folder / "integration", "--model", model, "--out", out, *options)
    return Evaluated(folder / "integration", model, out, result)


def names_in(folder):
    """Sorted names of what is in a folder."""
    return sorted(path.name for path in folder.iterdir())
