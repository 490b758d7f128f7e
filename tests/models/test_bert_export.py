"""The BERT export, on a tiny randomly initialised checkpoint."""

import copy

import numpy as np
import pytest

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")

import onnxruntime  # noqa: E402
from transformers import BertConfig, BertForSequenceClassification  # noqa: E402

from IMDb.errors import UserError  # noqa: E402
from IMDb.models import bert_export  # noqa: E402
from IMDb.models.bert_export import (  # noqa: E402
    INPUTS,
    export_onnx,
    label_order,
    permute_labels,
    random_reviews,
    review_batches,
    round_to_half,
    store_as_half,
    to_onnx,
    torch_logits,
)
from IMDb.text.tokenizers import Encoding  # noqa: E402

PROJECT_ORDER = {0: "negative", 1: "positive"}
FLOAT, HALF = onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16


def tiny_bert(id2label=PROJECT_ORDER, attention="sdpa", **settings):
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=120,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=48,
        max_position_embeddings=64,
        id2label=dict(id2label),
        label2id={label: index for index, label in id2label.items()},
        initializer_range=0.2,
        attn_implementation=attention,
        **settings,
    )
    return BertForSequenceClassification(config).eval()


def padded_batch(lengths, width, seed=1):
    generator = np.random.default_rng(seed)
    mask = (np.arange(width) < np.array(lengths)[:, None]).astype(np.int64)
    ids = generator.integers(1, 120, mask.shape) * mask
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}


def run(path, batch):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, batch)[0]


@pytest.fixture(scope="module")
def model():
    return tiny_bert()


@pytest.fixture(scope="module")
def exported(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("export") / "models" / "bert.onnx"
    difference = export_onnx(model, path)
    assert 0 < difference <= 1e-3
    return path


def test_signature_is_the_platforms(exported):
    content = onnx.load(exported)
    assert content.ir_version == 8
    assert [(entry.domain, entry.version) for entry in content.opset_import] == [("", 17)]
    assert [value.name for value in content.graph.input] == ["input_ids", "attention_mask", "token_type_ids"]
    for value in content.graph.input:
        assert value.type.tensor_type.elem_type == onnx.TensorProto.INT64
        assert [dim.dim_param for dim in value.type.tensor_type.shape.dim] == ["batch", "length"]
    (output,) = content.graph.output
    assert output.name == "logits"
    assert output.type.tensor_type.elem_type == FLOAT
    batch, classes = output.type.tensor_type.shape.dim
    assert (batch.dim_param, classes.dim_value) == ("batch", 2)


def test_only_plain_operators(exported):
    content = onnx.load(exported)
    assert {node.domain for node in content.graph.node} == {""}
    assert not {node.op_type for node in content.graph.node} & {"IsNaN", "Where", "If", "Loop", "Trilu"}
    assert all(attribute.name != "stash_type" for node in content.graph.node for attribute in node.attribute)


@pytest.mark.parametrize(
    ("lengths", "width"), [([1], 1), ([7], 7), ([3, 20, 11], 20), ([64, 2, 30, 64, 1], 64), ([5, 9], 40)]
)
def test_logits_are_torchs(model, exported, lengths, width):
    batch = padded_batch(lengths, width)
    actual = run(exported, batch)
    assert actual.dtype == np.float32
    assert actual.shape == (len(lengths), 2)
    np.testing.assert_allclose(actual, torch_logits(model, batch), rtol=0, atol=1e-3)


def test_token_types_are_read(model, exported):
    batch = padded_batch([12, 20], 20)
    first = run(exported, batch)
    batch["token_type_ids"][:, 4:] = 1
    np.testing.assert_allclose(run(exported, batch), torch_logits(model, batch), rtol=0, atol=1e-3)
    assert np.abs(run(exported, batch) - first).max() > 1e-2


def test_padding_changes_nothing(exported):
    long = padded_batch([10, 6], 64)
    short = {name: values[:, :10] for name, values in long.items()}
    long["input_ids"][long["attention_mask"] == 0] = 77  # whatever stands there
    np.testing.assert_allclose(run(exported, long), run(exported, short), rtol=0, atol=1e-5)


def test_matrices_are_stored_as_half_and_tables_cast_after_the_look_up(exported):
    graph = onnx.load(exported).graph
    stored = {tensor.name: tensor for tensor in graph.initializer}
    assert {tensor.data_type for tensor in stored.values() if len(tensor.dims) > 1} == {HALF}
    assert {tensor.data_type for tensor in stored.values() if len(tensor.dims) == 1} <= {FLOAT, onnx.TensorProto.INT64}
    tables = [name for name in stored if "embeddings.weight" in name]
    readers = {name: [node.op_type for node in graph.node if name in node.input] for name in tables}
    assert len(tables) == 3
    assert all(read_by == ["Gather"] for read_by in readers.values())


def test_the_model_is_left_as_it_was(tmp_path):
    model = tiny_bert({0: "POSITIVE", 1: "NEGATIVE"}).train()
    before = copy.deepcopy(model.state_dict())
    export_onnx(model, tmp_path / "bert.onnx")
    assert model.training
    assert model.config._attn_implementation == "sdpa"
    assert all(torch.equal(before[name], values) for name, values in model.state_dict().items())


def test_no_temporary_file_and_no_path_inside(exported):
    assert [entry.name for entry in exported.parent.iterdir()] == ["bert.onnx"]
    assert str(exported.parent).encode() not in exported.read_bytes()


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_any_attention_and_dtype(tmp_path, attention, dtype):
    assert export_onnx(tiny_bert(attention=attention).to(dtype), tmp_path / "bert.onnx") <= 1e-3


def test_given_reviews_are_compared(model, tmp_path):
    reviews = [Encoding(np.arange(2, 2 + length, dtype=np.int32), length, 0) for length in (5, 30, 12)]
    assert export_onnx(model, tmp_path / "bert.onnx", reviews) <= 1e-3


@pytest.mark.parametrize(
    ("names", "order"),
    [
        (["negative", "positive"], [0, 1]),
        (["NEGATIVE", "POSITIVE"], [0, 1]),
        (["POSITIVE", "NEGATIVE"], [1, 0]),
        (["pos", "neg"], [1, 0]),
        (["LABEL_0", "LABEL_1"], [0, 1]),
    ],
)
def test_label_order(names, order):
    assert label_order(dict(enumerate(names))) == order


@pytest.mark.parametrize("names", [["LABEL_0"], ["a", "b"], ["neg", "negative"], ["neg", "neutral", "pos"], []])
def test_label_order_refuses_other_labels(names):
    with pytest.raises(UserError, match="id2label"):
        label_order(dict(enumerate(names)))


def test_permute_labels():
    classifier = torch.nn.Linear(3, 2)
    weight, bias = classifier.weight.clone(), classifier.bias.clone()
    permute_labels(classifier, [1, 0])
    assert torch.equal(classifier.weight, weight[[1, 0]])
    assert torch.equal(classifier.bias, bias[[1, 0]])


@pytest.mark.parametrize(
    ("id2label", "order"),
    [({0: "POSITIVE", 1: "NEGATIVE"}, [1, 0]), ({0: "LABEL_0", 1: "LABEL_1"}, [0, 1])],
)
def test_logits_come_in_the_projects_order(tmp_path, id2label, order):
    model = tiny_bert(id2label)
    with torch.no_grad():
        model.classifier.bias.copy_(torch.tensor([3.0, -3.0]))
    export_onnx(model, tmp_path / "bert.onnx")
    batch = padded_batch([4, 9], 9)
    expected = torch_logits(model, batch)[:, order]
    np.testing.assert_allclose(run(tmp_path / "bert.onnx", batch), expected, rtol=0, atol=1e-3)


@pytest.mark.parametrize("wrong", [0.01, np.nan])
def test_a_wrong_export_leaves_the_old_file(model, tmp_path, monkeypatch, wrong):
    path = tmp_path / "bert.onnx"
    path.write_bytes(b"the old file")
    right = bert_export.onnx_logits
    monkeypatch.setattr(bert_export, "onnx_logits", lambda *args: [logits + wrong for logits in right(*args)])
    with pytest.raises(UserError, match="differ"):
        export_onnx(model, path)
    assert path.read_bytes() == b"the old file"
    assert list(tmp_path.iterdir()) == [path]


def test_unknown_labels_leave_the_old_file(tmp_path):
    path = tmp_path / "bert.onnx"
    path.write_bytes(b"the old file")
    with pytest.raises(UserError, match="id2label"):
        export_onnx(tiny_bert({0: "cat", 1: "dog"}), path)
    assert path.read_bytes() == b"the old file"


def small_graph(**weights):
    """`ids` looked up in `table`, then times `matrix`."""
    helper = onnx.helper
    nodes = [
        helper.make_node("Gather", ["table", "ids"], ["rows"]),
        helper.make_node("MatMul", ["rows", "matrix"], ["y"]),
    ]
    return helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("ids", onnx.TensorProto.INT64, ["n"])],
        [helper.make_tensor_value_info("y", FLOAT, ["n", 2])],
        [onnx.numpy_helper.from_array(values, name) for name, values in weights.items()],
    )


def test_store_as_half_is_pure():
    graph = small_graph(table=np.eye(3, dtype=np.float32), matrix=np.ones((3, 2), np.float32))
    before = graph.SerializeToString()
    stored = store_as_half(graph)
    assert graph.SerializeToString() == before
    assert [(node.op_type, list(node.input), list(node.output)) for node in stored.node] == [
        ("Cast", ["matrix_float16"], ["matrix"]),
        ("Gather", ["table_float16", "ids"], ["rows_float16"]),
        ("Cast", ["rows_float16"], ["rows"]),
        ("MatMul", ["rows", "matrix"], ["y"]),
    ]


def test_values_beyond_half_stay_float32():
    matrix = np.full((3, 2), 1e5, np.float32)
    stored = store_as_half(small_graph(table=np.eye(3, dtype=np.float32), matrix=matrix))
    types = {tensor.name: tensor.data_type for tensor in stored.initializer}
    assert types == {"table_float16": HALF, "matrix": FLOAT}
    np.testing.assert_array_equal(onnx.numpy_helper.to_array(stored.initializer[1]), matrix)


def test_the_matrices_nearest_the_output_stay_float32_within_the_allowance():
    graph = small_graph(table=np.eye(3, dtype=np.float32), matrix=np.ones((3, 2), np.float32))
    # as float32 the matrix [3, 2] takes 12 bytes more than as float16, the table [3, 3] takes 18
    for allowance, halves in ((0, 2), (11, 2), (12, 1), (29, 1), (30, 0), (float("inf"), 0)):
        stored = store_as_half(graph, allowance)
        assert sum(tensor.data_type == HALF for tensor in stored.initializer) == halves


def test_more_float32_when_half_is_not_exact_enough(tmp_path):
    model = tiny_bert()
    with torch.no_grad():
        model.classifier.weight.mul_(300.0)  # so that what float16 loses shows in the logits
    path = tmp_path / "bert.onnx"
    assert export_onnx(model, path) <= 1e-3
    types = {tensor.data_type for tensor in onnx.load(path).graph.initializer if len(tensor.dims) > 1}
    assert FLOAT in types


def test_rounded_weights_export_without_loss(tmp_path):
    model = tiny_bert()
    bias = model.classifier.bias.clone()
    round_to_half(model)
    assert torch.equal(model.classifier.bias, bias)
    assert torch.equal(model.classifier.weight, model.classifier.weight.half().float())
    assert export_onnx(model, tmp_path / "bert.onnx") < 1e-5


def test_rounding_leaves_values_beyond_half():
    layer = torch.nn.Linear(2, 2)
    torch.nn.init.constant_(layer.weight, 1e5)
    round_to_half(layer)
    assert (layer.weight == 1e5).all()


def test_random_reviews_reach_the_longest_input():
    reviews = random_reviews(tiny_bert().config)
    lengths = [len(review.ids) for review in reviews]
    assert (min(lengths), max(lengths)) == (2, 64)
    first = next(review_batches(reviews, pad_id=0))
    assert tuple(first) == INPUTS
    assert {values.dtype for values in first.values()} == {np.dtype(np.int64)}


def test_float32_export_before_storing_is_exact(model):
    batch = padded_batch([8, 3], 8)
    copied = copy.deepcopy(model)
    copied.set_attn_implementation("eager")
    serialized = to_onnx(bert_export.ExportableBert(copied)).SerializeToString()
    (logits,) = bert_export.onnx_logits(serialized, [batch])
    np.testing.assert_allclose(logits, torch_logits(model, batch), rtol=0, atol=1e-5)
