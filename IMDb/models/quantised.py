"""BERT in eight-bit integers: dynamic quantisation of the shipped file, made once, with what it costs beside it."""

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from IMDb.config import write_atomically
from IMDb.errors import UserError
from IMDb.models.model_card import share_with_interval
from IMDb.text.cache import cache_folder
from leap_explorer.file_hash import sha256_of
from leap_explorer.runs.atomic import written_whole

REVIEWS = 500  #: held-out ones that the cost is measured on

Labels = npt.NDArray[np.int64]
Logits = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Cost:
    """What eight bits change, on `n` held-out reviews: how many say the same, and how many are right."""

    n: int
    agreeing: int
    right: int  #: of the integer model
    right_as_shipped: int
    speedup: float  #: times the reviews a second, on the machine that made it

    def sentence(self) -> str:
        """With 95 % Wilson intervals."""
        shares = [
            share_with_interval(count / self.n, self.n) for count in (self.agreeing, self.right, self.right_as_shipped)
        ]
        return (
            f"int8: {self.speedup:.2f} times the speed here; says what the model as shipped says for {shares[0]} of "
            f"{self.n:,} held-out reviews; accuracy {shares[1]} instead of {shares[2]}."
        )


def quantised(source: Path) -> Path:
    """The model with weights in int8, and activations quantised as they come; from the cache if it was made before.

    Raises:
        UserError: it cannot be written.
    """
    import onnxruntime

    name = f"{source.stem}-int8-{sha256_of(source)[:16]}-{onnxruntime.__version__}.onnx"
    target = cache_folder() / name
    if not target.exists():
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"{target.parent} cannot be made: {error.strerror}. Set IMDB_CACHE_DIR.") from error
        with written_whole(target) as temporary:
            _quantise(source, temporary)
    return target


def cost(model: Path, measure: Callable[[], Cost]) -> Cost:
    """What `measure` found when it was asked first; kept beside the quantised model."""
    path = model.with_suffix(".json")
    try:
        return Cost(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):  # not there yet, or not whole
        found = measure()
        write_atomically(path, json.dumps(asdict(found)) + "\n")
        return found


def compare(shipped: Logits, integer: Logits, labels: Labels, seconds: Sequence[float]) -> Cost:
    """The cost from both models' logits [n, 2] of the same reviews, and the seconds that each took for them."""
    said, said_by_integer = shipped.argmax(axis=1), integer.argmax(axis=1)
    right, right_as_shipped = ((one == labels).sum() for one in (said_by_integer, said))
    agreeing = (said == said_by_integer).sum()
    return Cost(len(labels), int(agreeing), int(right), int(right_as_shipped), seconds[0] / seconds[1])


def _quantise(source: Path, target: Path) -> None:
    """By way of a file in which the weights, shipped in half precision, are constants in single precision."""
    import onnxruntime
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with tempfile.TemporaryDirectory() as folder:
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = f"{folder}/folded.onnx"
        options.log_severity_level = 3  # else it says that this file should stay on this machine
        onnxruntime.InferenceSession(str(source), options, providers=["CPUExecutionProvider"])
        quantize_dynamic(options.optimized_model_filepath, target, weight_type=QuantType.QInt8)
