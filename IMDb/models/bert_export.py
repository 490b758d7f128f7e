"""A torch BERT classifier -> `bert.onnx`, in the form that the platform's importer accepts.

Needs the optional Poetry group `bert`, as training does; nothing else imports this module. What the importer takes and
refuses is in `tests/platform`: opset 17, IR 8, torch's TorchScript exporter and plain ("eager") attention.
"""

import copy
import io
import math
import os
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import numpy_helper
from transformers import BertConfig, BertForSequenceClassification

from IMDb.config import LABELS
from IMDb.errors import UserError
from IMDb.models.bert_training import collate
from IMDb.text.tokenizers import Encoding

OPSET, IR_VERSION = 17, 8  # the newest that the platform's importer (onnx 1.13) reads
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
OUTPUT = "logits"
TOLERANCE = 1e-3  # largest allowed difference of a logit from the torch model's
MASKED = -1e4  # exp(-1e4) is exactly 0 in float32, so padding counts for nothing; in range for float16 too
VERIFICATION_BATCH = 8

#: Bytes that a file may spend on keeping matrices in float32, tried in turn until the logits are within TOLERANCE. What
#: float16 loses grows with the logits: MiniLM's file is 45.6 MB, then at most 49.6, and 91 when all stays float32.
FLOAT32_ALLOWANCES = (0, 4_000_000, math.inf)

#: What checkpoints call the two classes, lower-cased. `LABEL_0` and `LABEL_1` are what transformers writes when nobody
#: named them; they are taken as negative and positive.
CLASS_OF_NAME = {"negative": 0, "neg": 0, "label_0": 0, "positive": 1, "pos": 1, "label_1": 1}

Batch = dict[str, npt.NDArray[np.int64]]


def label_order(id2label: Mapping[Any, str] | None) -> list[int]:
    """For each of the project's labels, the checkpoint's index of it: `[0, 1]`, or `[1, 0]` if they are crossed.

    Raises:
        UserError: the labels are not two, or their names do not tell which is negative and which is positive.
    """
    names = [str(name) for _, name in sorted((id2label or {}).items(), key=lambda item: int(item[0]))]
    classes = [CLASS_OF_NAME.get(name.lower(), -1) for name in names]
    if sorted(classes) != [0, 1]:
        raise UserError(
            f"The checkpoint's labels are {names}; it must have two, named {' and '.join(LABELS)} (or LABEL_0 and "
            "LABEL_1). Correct `id2label` in its config.json."
        )
    return [classes.index(label) for label in range(len(LABELS))]


class ExportableBert(torch.nn.Module):
    """`BertForSequenceClassification` without the mask helpers of transformers, which do not export cleanly."""

    def __init__(self, model: BertForSequenceClassification) -> None:
        super().__init__()
        self.embeddings = model.bert.embeddings
        self.encoder = model.bert.encoder
        assert model.bert.pooler is not None  # a sequence classifier has one
        self.pooler = model.bert.pooler
        self.classifier = model.classifier

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
    ) -> torch.Tensor:
        """Three int64 [batch, length] -> logits, float32 [batch, 2]."""
        hidden = self.embeddings(input_ids=input_ids, token_type_ids=token_type_ids)  # [batch, length, hidden]
        mask = (1.0 - attention_mask[:, None, None, :].to(torch.float32)) * MASKED  # added to [batch, head, from, to]
        hidden = self.encoder(hidden, attention_mask=mask).last_hidden_state
        return self.classifier(self.pooler(hidden))  # the pooler reads position 0 only


def permute_labels(classifier: torch.nn.Linear, order: Sequence[int]) -> None:
    """Reorder the classifier's rows, in place: row i becomes what row `order[i]` was."""
    with torch.no_grad():
        classifier.weight.copy_(classifier.weight[list(order)].clone())
        classifier.bias.copy_(classifier.bias[list(order)].clone())


def round_to_half(model: torch.nn.Module) -> None:
    """Round the matrices that `store_as_half` would store as float16 to its precision, in place; the dtypes stay.

    Done after training and before the validation that is reported, it makes the exported file hold exactly the model
    that was measured.
    """
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1 and (half := parameter.half()).isfinite().all():
                parameter.copy_(half)


def to_onnx(model: ExportableBert) -> onnx.ModelProto:
    """The model as ONNX with float32 weights; batch and length are left open."""
    ids = torch.ones((2, 8), dtype=torch.int64)
    buffer: Any = io.BytesIO()  # torch takes one, though its types say otherwise
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # torch prefers its newer exporter
        torch.onnx.export(
            model,
            (ids, ids, torch.zeros_like(ids)),
            buffer,
            input_names=list(INPUTS),
            output_names=[OUTPUT],
            dynamic_axes={**{name: {0: "batch", 1: "length"} for name in INPUTS}, OUTPUT: {0: "batch"}},
            opset_version=OPSET,
            dynamo=False,  # the newer exporter writes LayerNormalization with `stash_type`: refused
        )
    return onnx.load_model_from_string(buffer.getvalue())


def store_as_half(graph: onnx.GraphProto, float32_allowance: float = 0) -> onnx.GraphProto:
    """The graph with its float32 matrices stored as float16 and cast back to float32 when it runs: half the size.

    Vectors (biases, norms) stay float32; they weigh next to nothing. So do the matrices nearest the output, to which
    the logits are most sensitive, as long as they add no more than `float32_allowance` bytes. An embedding table is
    looked up first and only the rows found are cast: with the cast first, the platform's importer writes the whole
    table into its graph.
    """
    halves = {tensor.name: half for tensor in graph.initializer if (half := _half(tensor)) is not None}
    for name in _nearest_output(graph, halves):
        float32_allowance -= len(halves[name].raw_data)
        if float32_allowance < 0:
            break
        del halves[name]
    nodes: list[onnx.NodeProto] = []
    cast_whole: dict[str, None] = {}  # a set that keeps its order
    for original in graph.node:
        node = copy.deepcopy(original)
        nodes.append(node)
        if node.op_type == "Gather" and node.input[0] in halves:
            found = node.output[0]
            node.input[0] = halves[node.input[0]].name
            node.output[0] = f"{found}_float16"
            nodes.append(_cast_to_float(node.output[0], found))
        else:
            cast_whole.update(dict.fromkeys(name for name in node.input if name in halves))
    casts = [_cast_to_float(halves[name].name, name) for name in cast_whole]
    initializers = [halves.get(tensor.name, tensor) for tensor in graph.initializer]
    return onnx.helper.make_graph([*casts, *nodes], graph.name, graph.input, graph.output, initializers)


def _nearest_output(graph: onnx.GraphProto, names: Collection[str]) -> list[str]:
    """Those of the initializers in `names` that nodes read, last reader first."""
    return list(dict.fromkeys(name for node in reversed(graph.node) for name in node.input if name in names))


def _half(tensor: onnx.TensorProto) -> onnx.TensorProto | None:
    """A float32 matrix as float16; None for anything else, and for a matrix with values that float16 cannot hold."""
    if tensor.data_type != onnx.TensorProto.FLOAT or len(tensor.dims) < 2:
        return None
    values = numpy_helper.to_array(tensor)
    if np.abs(values).max(initial=0.0) > np.finfo(np.float16).max:
        return None
    return numpy_helper.from_array(values.astype(np.float16), f"{tensor.name}_float16")


def _cast_to_float(source: str, target: str) -> onnx.NodeProto:
    return onnx.helper.make_node("Cast", [source], [target], name=f"{target}_cast", to=onnx.TensorProto.FLOAT)


def review_batches(reviews: Sequence[Encoding], pad_id: int) -> Iterator[Batch]:
    """The model's three inputs, int64 [batch, longest], for each few reviews."""
    for start in range(0, len(reviews), VERIFICATION_BATCH):
        batch = collate(list(reviews[start : start + VERIFICATION_BATCH]), pad_id, torch.device("cpu"))
        batch["token_type_ids"] = torch.zeros_like(batch["input_ids"])
        yield {name: batch[name].numpy() for name in INPUTS}


def random_reviews(config: BertConfig, count: int = 16, seed: int = 0) -> list[Encoding]:
    """Random ids of lengths from 2 to the model's longest; what a model is checked with when no reviews are given."""
    generator = np.random.default_rng(seed)
    lengths = np.linspace(2, config.max_position_embeddings, count).astype(int)
    return [
        Encoding(generator.integers(0, config.vocab_size, length).astype(np.int32), int(length), 0)
        for length in generator.permutation(lengths)
    ]


@torch.no_grad()
def torch_logits(model: BertForSequenceClassification, batch: Batch) -> npt.NDArray[np.float32]:
    """[batch, 2] in the checkpoint's label order."""
    return model(**{name: torch.from_numpy(values) for name, values in batch.items()}).logits.numpy()


def onnx_logits(serialized: bytes, batches: Sequence[Batch]) -> list[npt.NDArray[np.float32]]:
    """[batch, 2] for each batch, by onnxruntime on the CPU."""
    import onnxruntime

    session = onnxruntime.InferenceSession(serialized, providers=["CPUExecutionProvider"])
    return [session.run([OUTPUT], batch)[0] for batch in batches]


def largest_difference(actual: Sequence[npt.NDArray[np.float32]], expected: Sequence[npt.NDArray[np.float32]]) -> float:
    """Of two lists of arrays, pairwise of one shape; NaN if there is a NaN anywhere."""
    return float(np.max([np.abs(a - e).max() for a, e in zip(actual, expected, strict=True)]))


def export_onnx(model: BertForSequenceClassification, path: Path, reviews: Sequence[Encoding] = ()) -> float:
    """Write `model` to `path` as ONNX, after checking that onnxruntime gives the same logits as torch.

    The file: inputs `input_ids`, `attention_mask`, `token_type_ids` (int64 [batch, length], both open), output
    `logits` (float32 [batch, 2] in the order of `IMDb.config.LABELS`, whatever the order in the model's `id2label`),
    matrices stored as float16, or as many of them as keep the logits within 1e-3. It appears whole or not at all; the
    model is not changed.

    Args:
        model: any BERT sequence classifier with two labels, on any device, in any dtype.
        path: where to write; the folder is made if need be.
        reviews: what to compare the logits on; without them, random ids of many lengths.

    Returns:
        The largest absolute difference of a logit from torch's, at most 1e-3.

    Raises:
        UserError: the labels cannot be told apart, or the difference is larger. A file already at `path` stays.
    """
    order = label_order(model.config.id2label)
    model = copy.deepcopy(model).float().cpu().eval()
    batches = list(review_batches(reviews or random_reviews(model.config), model.config.pad_token_id or 0))
    expected = [torch_logits(model, batch)[:, order] for batch in batches]

    model.set_attn_implementation("eager")
    permute_labels(model.classifier, order)
    exported = to_onnx(ExportableBert(model).eval())
    for allowance in FLOAT32_ALLOWANCES:
        stored = onnx.helper.make_model(
            store_as_half(exported.graph, allowance), opset_imports=exported.opset_import, ir_version=IR_VERSION
        )
        onnx.checker.check_model(stored)
        serialized = stored.SerializeToString()
        actual = onnx_logits(serialized, batches)
        difference = largest_difference(actual, expected)
        if difference <= TOLERANCE:
            _write_bytes_atomically(Path(path), serialized)
            return difference
    raise UserError(
        f"The exported BERT's logits differ from the torch model's by up to {difference:.2g}, allowed is "
        f"{TOLERANCE:g}; {path} was not written."
    )


def _write_bytes_atomically(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
