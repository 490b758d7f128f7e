import numpy as np
import pytest

from leap_explorer.errors import ExplorerError
from leap_explorer.explain.attribution import Target, explain_by_gradient

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
onnx_gradient = pytest.importorskip("leap_explorer.explain.onnx_gradient")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

OPSET, IR_VERSION = 17, 8
LENGTH, WIDTH, VOCABULARY = 5, 4, 11
IDS = np.array([1, 4, 7, 2, 0], dtype=np.int64)
MASK = np.array([1, 1, 1, 1, 0], dtype=np.int64)
WORD_OF = np.array([-1, 0, 1, -1, -1])
GENERATOR = np.random.default_rng(0)


def serialize(nodes, constants, inputs, outputs):
    """An ONNX model of int64 inputs [batch, length] and float outputs [batch, classes]."""
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"]) for name in inputs],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 2]) for name in outputs],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def node(op_type, inputs, output, **attributes):
    return helper.make_node(op_type, inputs.split(), output.split(), **attributes)


def random(*shape):
    return GENERATOR.normal(0, 0.5, shape).astype(np.float32)


def encoder_model():
    """One layer of a BERT, as torch writes it: attention under a mask, GELU by Erf, a pooler of position 0."""
    head = WIDTH // 2
    constants = {
        "words": random(VOCABULARY, WIDTH).astype(np.float16),
        "positions": random(LENGTH * 2, WIDTH),
        **{name: random(WIDTH, WIDTH) for name in ("query", "key", "value", "dense", "pooler")},
        **{name: random(WIDTH) for name in ("bias", "gain", "shift")},
        "classifier": random(2, WIDTH),
        "classes_bias": random(2),
        "zero": np.array([0]),
        "one": np.array([1]),
        "two": np.array([2]),
        "scalar_zero": np.array(0),
        "scalar_one": np.array(1),
        "all_positions": np.arange(2 * LENGTH)[None],
        "heads": np.array([0, 0, 2, head]),
        "joined": np.array([0, 0, WIDTH]),
        "f_one": np.float32(1),
        "f_half": np.float32(0.5),
        "f_masked": np.float32(-1e4),
        "f_scale": np.float32(head**-0.5),
        "f_root": np.float32(2**0.5),
    }
    nodes = [
        node("Gather", "words input_ids", "found_half"),
        node("Cast", "found_half", "found", to=TensorProto.FLOAT),
        node("Shape", "input_ids", "shape"),
        node("Gather", "shape scalar_one", "length", axis=0),
        node("Unsqueeze", "length zero", "end"),
        node("Slice", "all_positions zero end one one", "position_ids"),
        node("Gather", "positions position_ids", "places"),
        node("Add", "found places", "sum"),
        node("LayerNormalization", "sum gain shift", "x", axis=-1, epsilon=1e-5),
        node("Unsqueeze", "attention_mask one", "mask_1"),
        node("Unsqueeze", "mask_1 two", "mask_2"),
        node("Cast", "mask_2", "mask_float", to=TensorProto.FLOAT),
        node("Sub", "f_one mask_float", "inverted"),
        node("Mul", "inverted f_masked", "penalty"),
    ]
    for name, order in (("query", [0, 2, 1, 3]), ("key", [0, 2, 3, 1]), ("value", [0, 2, 1, 3])):
        nodes += [
            node("MatMul", f"x {name}", f"{name}_flat"),
            node("Reshape", f"{name}_flat heads", f"{name}_split"),
            node("Transpose", f"{name}_split", f"{name}_heads", perm=order),
        ]
    nodes += [
        node("MatMul", "query_heads key_heads", "products"),
        node("Mul", "products f_scale", "scaled"),
        node("Add", "scaled penalty", "masked"),
        node("Softmax", "masked", "weights", axis=-1),
        node("MatMul", "weights value_heads", "context"),
        node("Transpose", "context", "context_back", perm=[0, 2, 1, 3]),
        node("Reshape", "context_back joined", "attended"),
        node("Add", "attended x", "residual"),
        node("MatMul", "residual dense", "dense_out"),
        node("Div", "dense_out f_root", "divided"),
        node("Erf", "divided", "erf"),
        node("Add", "erf f_one", "gate"),
        node("Mul", "dense_out gate", "twice"),
        node("Mul", "twice f_half", "gelu"),
        node("Gather", "gelu scalar_zero", "first", axis=1),
        node("Gemm", "first pooler bias", "pooled", transB=1),
        node("Tanh", "pooled", "tanh"),
        node("Gemm", "tanh classifier classes_bias", "logits", transB=1, alpha=2.0, beta=0.5),
    ]
    return serialize(nodes, constants, ["input_ids", "attention_mask"], ["logits"])


@pytest.fixture(scope="module")
def encoder_path(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "encoder.onnx"
    path.write_bytes(encoder_model())
    return path


def logits_of(path, rows):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, rows)[0]


INPUTS = {"input_ids": IDS, "attention_mask": MASK}


class TestEncoder:
    @pytest.mark.parametrize("detaches_gates", [False, True])
    @pytest.mark.parametrize("length", [LENGTH, 2])
    def test_gives_the_outputs_of_onnxruntime(self, encoder_path, detaches_gates, length):
        encoder = onnx_gradient.OnnxEncoder(encoder_path, detaches_gates=detaches_gates)
        inputs = {name: values[:length] for name, values in INPUTS.items()}
        found = encoder.outputs(encoder.embed(inputs["input_ids"])[None], inputs)
        expected = logits_of(encoder_path, {name: values[None] for name, values in inputs.items()})
        assert found == pytest.approx(expected, abs=1e-5)

    def test_runs_points_in_batches(self, encoder_path):
        encoder = onnx_gradient.OnnxEncoder(encoder_path)
        others = np.array([3, 3, 3, 3, 3])
        found = encoder.outputs(np.stack([encoder.embed(IDS), encoder.embed(others)]), INPUTS)
        rows = {"input_ids": np.stack([IDS, others]), "attention_mask": np.stack([MASK, MASK])}
        assert found == pytest.approx(logits_of(encoder_path, rows), abs=1e-5)

    @pytest.mark.parametrize("target", [Target("class", 0), Target("loss", 1)])
    def test_gradients_are_those_of_small_differences(self, encoder_path, target):
        encoder = onnx_gradient.OnnxEncoder(encoder_path)
        point = encoder.embed(IDS)
        values, gradients = encoder.gradient(point[None], INPUTS, target)
        assert values == pytest.approx(target.values(encoder.outputs(point[None], INPUTS)), abs=1e-6)
        step = 1e-2
        for place in [(0, 0), (1, 2), (3, 3)]:
            moved = np.stack([point, point])
            moved[0][place] += step
            moved[1][place] -= step
            up, down = target.values(encoder.outputs(moved, INPUTS))
            assert gradients[0][place] == pytest.approx((up - down) / (2 * step), abs=5e-3)

    def test_masked_positions_have_no_gradient(self, encoder_path):
        _, gradients = onnx_gradient.OnnxEncoder(encoder_path).gradient(
            np.zeros((1, LENGTH, WIDTH)), INPUTS, Target("class", 0)
        )
        assert np.abs(gradients[0, 4]).max() == 0
        assert np.abs(gradients[0, 1]).max() > 0

    def test_detached_gates_give_other_gradients(self, encoder_path):
        gradients = [
            onnx_gradient.OnnxEncoder(encoder_path, detaches_gates=detached).gradient(
                np.ones((1, LENGTH, WIDTH)), INPUTS, Target("class", 0)
            )[1]
            for detached in (False, True)
        ]
        assert np.abs(gradients[0] - gradients[1]).max() > 1e-3

    def test_detached_gates_are_named_among_the_settings(self, encoder_path):
        assert onnx_gradient.OnnxEncoder(encoder_path).settings == {}
        assert onnx_gradient.OnnxEncoder(encoder_path, detaches_gates=True).settings == {"gates": "detached"}

    def test_scores_add_up(self, encoder_path):
        encoder = onnx_gradient.OnnxEncoder(encoder_path)
        result = explain_by_gradient(
            encoder, INPUTS, "input_ids", ["a", "b"], WORD_OF, Target("class", 1), baseline_id=3
        )
        replaced = np.array([1, 3, 3, 2, 0])
        rows = {"input_ids": np.stack([IDS, replaced]), "attention_mask": np.stack([MASK, MASK])}
        at_sample, at_baseline = logits_of(encoder_path, rows)[:, 1]
        assert result.scores.sum() == pytest.approx(at_sample - at_baseline, abs=0.01)
        assert result.warning is None

    def test_finds_the_largest_table_through_a_cast(self, encoder_path):
        encoder = onnx_gradient.OnnxEncoder(encoder_path)
        assert encoder.table.shape == (VOCABULARY, WIDTH)
        assert encoder.embed(IDS).dtype == np.float32
        assert encoder.ids_name == "input_ids"


class TestRefusals:
    def test_an_unknown_operation_is_named(self, tmp_path):
        nodes = [
            node("Gather", "table ids", "found"),
            node("Selu", "found", "odd"),
            node("ReduceMean", "odd", "logits", axes=[1], keepdims=0),
        ]
        path = tmp_path / "odd.onnx"
        path.write_bytes(serialize(nodes, {"table": random(5, 2)}, ["ids"], ["logits"]))
        with pytest.raises(ExplorerError, match="Selu"):
            onnx_gradient.OnnxEncoder(path)

    def test_a_model_without_a_look_up_is_refused(self, tmp_path):
        path = tmp_path / "none.onnx"
        path.write_bytes(serialize([node("Cast", "ids", "logits", to=TensorProto.FLOAT)], {}, ["ids"], ["logits"]))
        with pytest.raises(ExplorerError, match="'ids' up in no table"):
            onnx_gradient.OnnxEncoder(path)

    def test_an_input_that_is_not_looked_up_is_refused(self, encoder_path):
        with pytest.raises(ExplorerError, match="'attention_mask'"):
            onnx_gradient.OnnxEncoder(encoder_path, ids_name="attention_mask")

    @pytest.mark.parametrize("content", [None, b"not a model"])
    def test_a_file_that_is_no_model_is_refused(self, tmp_path, content):
        path = tmp_path / "bad.onnx"
        if content:
            path.write_bytes(content)
        with pytest.raises(ExplorerError, match=r"bad\.onnx cannot be read"):
            onnx_gradient.OnnxEncoder(path)


X, Y, INTEGERS = random(2, 3, 4), random(2, 3, 4), np.array([[7, -7], [8, -3]])
POSITIVE, BOOLEANS = np.abs(X) + 0.1, X > 0

#: Operation, its inputs, its attributes
OPERATIONS = [
    ("Add", [X, Y], {}),
    ("And", [BOOLEANS, Y > 0], {}),
    ("Cast", [X], {"to": TensorProto.INT64}),
    ("Cast", [BOOLEANS], {"to": TensorProto.FLOAT}),
    ("Concat", [X, Y], {"axis": -1}),
    ("ConstantOfShape", [np.array([2, 3])], {"value": numpy_helper.from_array(np.array([7]))}),
    ("ConstantOfShape", [np.array([2])], {}),
    ("Div", [X, POSITIVE], {}),
    ("Div", [INTEGERS, np.array([2, 2])], {}),
    ("Equal", [INTEGERS, np.array([7, -3])], {}),
    ("Erf", [X], {}),
    ("Expand", [random(3, 1), np.array([2, 1, 4])], {}),
    ("Gather", [X, np.array([[0, -1]])], {"axis": 1}),
    ("Gather", [X, np.array(-1)], {"axis": -1}),
    ("Gemm", [random(2, 3), random(3, 4)], {}),
    ("Gemm", [random(3, 2), random(4, 3), random(4)], {"transA": 1, "transB": 1, "alpha": 0.5, "beta": 2.0}),
    ("Identity", [X], {}),
    ("LayerNormalization", [X, random(4), random(4)], {}),
    ("LayerNormalization", [X, random(3, 4)], {"axis": 1, "epsilon": 0.1}),
    ("MatMul", [X, random(2, 4, 5)], {}),
    ("MatMul", [X, random(4, 5)], {}),
    ("Mul", [X, random(4)], {}),
    ("Not", [BOOLEANS], {}),
    ("Or", [BOOLEANS, Y > 0], {}),
    ("Pow", [POSITIVE, np.float32(1.5)], {}),
    ("Pow", [X, np.array(2)], {}),
    ("Range", [np.array(1), np.array(8), np.array(3)], {}),
    ("ReduceMean", [X], {"axes": [-1]}),
    ("ReduceMean", [X], {"axes": [0, 2], "keepdims": 0}),
    ("ReduceMean", [X], {}),
    ("Relu", [X], {}),
    ("Reshape", [X, np.array([0, -1])], {}),
    ("Reshape", [X, np.array([0, 0, 2, 2])], {}),
    ("Reshape", [random(0, 3), np.array([3, 0])], {"allowzero": 1}),
    ("Shape", [X], {}),
    ("Shape", [X], {"start": 1}),
    ("Shape", [X], {"start": -2, "end": -1}),
    ("Slice", [X, np.array([1]), np.array([2**63 - 1])], {}),
    ("Slice", [X, np.array([0, -3]), np.array([1, -1]), np.array([1, 2])], {}),
    ("Slice", [X, np.array([-1]), np.array([-(2**63)]), np.array([2]), np.array([-2])], {}),
    ("Softmax", [X], {}),
    ("Softmax", [X], {"axis": 1}),
    ("Sqrt", [POSITIVE], {}),
    ("Squeeze", [random(1, 2, 1), np.array([0])], {}),
    ("Squeeze", [random(1, 2, 1)], {}),
    ("Sub", [X, Y], {}),
    ("Tanh", [X], {}),
    ("Transpose", [X], {}),
    ("Transpose", [X], {"perm": [1, 2, 0]}),
    ("Unsqueeze", [X, np.array([0, -1])], {}),
    ("Where", [BOOLEANS, X, np.float32(0)], {}),
]


class TestOperations:
    @pytest.mark.parametrize(("op_type", "inputs", "attributes"), OPERATIONS)
    def test_give_what_onnxruntime_gives(self, op_type, inputs, attributes):
        names = [f"input_{i}" for i in range(len(inputs))]
        graph = helper.make_graph(
            [helper.make_node(op_type, names, ["output"], **attributes)],
            "operation",
            [
                helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(np.asarray(x).dtype), np.shape(x))
                for name, x in zip(names, inputs, strict=True)
            ],
            [onnx.ValueInfoProto(name="output")],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        model = onnx.shape_inference.infer_shapes(model)
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        expected = session.run(None, {name: np.asarray(x) for name, x in zip(names, inputs, strict=True)})[0]
        tensors = [onnx_gradient.tf.constant(x) for x in inputs]
        found = onnx_gradient._OPERATIONS[op_type](tensors, attributes).numpy()
        assert found.shape == expected.shape
        assert found.dtype == expected.dtype
        assert found == pytest.approx(expected, abs=1e-5)

    @pytest.mark.parametrize("sizes", [[1, 3], None])
    def test_split_gives_all_parts(self, sizes):
        inputs = [onnx_gradient.tf.constant(X), *([] if sizes is None else [onnx_gradient.tf.constant(sizes)])]
        parts = onnx_gradient._OPERATIONS["Split"](inputs, {"axis": -1, "num_outputs": 2})
        assert np.concatenate(parts, axis=-1).tolist() == X.tolist()
        assert [part.shape[-1] for part in parts] == (sizes or [2, 2])

    @pytest.mark.parametrize(
        ("attributes", "expected"),
        [
            ({"value": numpy_helper.from_array(np.array([1.5]))}, [1.5]),
            ({"value_ints": [1, 2]}, [1, 2]),
            ({"value_float": 0.5}, 0.5),
        ],
    )
    def test_constants_come_in_several_forms(self, attributes, expected):
        assert onnx_gradient._OPERATIONS["Constant"]([], attributes).numpy().tolist() == expected

    def test_all_are_tested(self):
        assert {name for name, _, _ in OPERATIONS} | {"Split", "Constant"} == set(onnx_gradient._OPERATIONS)

    @pytest.mark.parametrize(
        ("op_type", "inputs"),
        [("Tanh", [np.array([0.0, 0.5, -3.0], np.float32)]), ("Erf", [X]), ("Softmax", [X]), ("Sqrt", [POSITIVE])],
    )
    def test_with_detached_gates_give_the_same(self, op_type, inputs):
        tensors = [onnx_gradient.tf.constant(x) for x in inputs]
        value = onnx_gradient._WITH_DETACHED_GATES[op_type](tensors, {}).numpy()
        assert value == pytest.approx(onnx_gradient._OPERATIONS[op_type](tensors, {}).numpy(), abs=1e-6)

    def test_tanh_with_a_held_gate_has_its_ratio_for_a_gradient(self):
        values = onnx_gradient.tf.constant([0.0, 2.0])
        with onnx_gradient.tf.GradientTape() as tape:
            tape.watch(values)
            result = onnx_gradient._WITH_DETACHED_GATES["Tanh"]([values], {})
        assert tape.gradient(result, values).numpy() == pytest.approx([1.0, np.tanh(2) / 2])
