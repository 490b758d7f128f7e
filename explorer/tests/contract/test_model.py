import numpy as np
import pytest
from onnx import TensorProto, helper

from graphs import constant, write_graph
from leap_explorer.contract.model import ONNX_BATCH, ModelFile, OnnxModel, as_vectors, load_model, wrap_model
from leap_explorer.errors import ExplorerError
from toys import LENGTH, onnx_by_hand, text_samples, token_matrix, write_onnx_model


class TestLoading:
    @pytest.mark.parametrize(
        ("name", "content", "message"),
        [
            ("gone.onnx", None, "There is no model at"),
            ("model.pt", b"x", r"known are .h5, .keras, .onnx"),
            ("model.onnx", b"not a model", "cannot be loaded"),
        ],
    )
    def test_errors(self, tmp_path, name, content, message):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(ExplorerError, match=message):
            load_model(tmp_path / name)

    @pytest.mark.slow
    @pytest.mark.parametrize("name", ["model.h5", "model.keras"])
    def test_damaged_keras(self, tmp_path, name):
        (tmp_path / name).write_bytes(b"not a model")
        with pytest.raises(ExplorerError, match="cannot be loaded"):
            load_model(tmp_path / name)

    def test_suffix_in_capitals(self, tmp_path):
        assert load_model(write_onnx_model(tmp_path / "model.ONNX")).format == "onnx"


class TestAsVectors:
    def test_middle_axes_are_averaged(self):
        values = np.arange(24, dtype=np.float64).reshape(2, 3, 2, 2)
        expected = [[np.mean([v[i, j, k] for i in range(3) for j in range(2)]) for k in range(2)] for v in values]
        assert as_vectors(values).tolist() == expected
        assert as_vectors(values).dtype == np.float32

    def test_another_axis_of_channels(self):
        assert as_vectors(np.arange(12).reshape(1, 2, 3, 2), axis=1).tolist() == [[2.5, 8.5]]

    def test_scalars_and_vectors(self):
        assert as_vectors(np.array([1.0, 2.0])).tolist() == [[1.0], [2.0]]
        assert as_vectors(np.ones((2, 5))).shape == (2, 5)


class TestCuttingOfPadding:
    tokens = token_matrix(text_samples(training=50, validation=10, unlabeled=0))

    def inputs(self):
        return [self.tokens.astype(np.float32), (self.tokens > 0).astype(np.float32)]

    def test_equals_the_uncut(self, tmp_path):
        import onnxruntime

        path = write_onnx_model(tmp_path / "model.onnx")
        outputs, vectors = load_model(path).predict(self.inputs())
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        names = [meta.name for meta in session.get_inputs()]
        whole = session.run(None, {name: one.astype(np.int64) for name, one in zip(names, self.inputs(), strict=True)})[
            0
        ]
        assert len(outputs) == 1
        np.testing.assert_allclose(outputs[0], whole, rtol=1e-5, atol=1e-6)
        logits, latent = onnx_by_hand(self.tokens)
        np.testing.assert_allclose(outputs[0], logits, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(vectors, latent, rtol=1e-4, atol=1e-5)

    def positions(self, tmp_path, length):
        """How many positions the model sees of each sample: the sum over a row of ones."""
        nodes = [
            helper.make_node("Mul", ["attention_mask", "zero"], ["zeros"]),
            helper.make_node("Add", ["zeros", "one"], ["ones"]),
            helper.make_node("ReduceSum", ["ones", "axis"], ["count"], keepdims=1),
            helper.make_node("MatMul", ["count", "weight"], ["out"]),
        ]
        weights = [constant("zero", 0), constant("one", 1), constant("weight", [[1.0]])]
        weights.append(constant("axis", [1], np.int64))
        path = write_graph(
            tmp_path / "count.onnx", nodes, {"attention_mask": ["n", length]}, {"out": ["n", 1]}, weights
        )
        return OnnxModel(path).predict([self.inputs()[1]])[0][0].ravel().astype(int)

    def test_padding_is_not_computed(self, tmp_path):
        lengths = (self.tokens > 0).sum(axis=1)
        ordered = np.sort(lengths)
        longest = np.array([ordered[: start + ONNX_BATCH].max() for start in range(0, len(ordered), ONNX_BATCH)])
        expected = np.empty(len(lengths), dtype=int)
        expected[np.argsort(lengths, kind="stable")] = np.repeat(np.maximum(longest, 1), ONNX_BATCH)[: len(lengths)]
        assert self.positions(tmp_path, "length").tolist() == expected.tolist()
        assert len(set(expected)) > 1

    def test_outputs_that_have_as_many_positions_are_kept_whole(self, tmp_path):
        nodes = [
            helper.make_node("Unsqueeze", ["attention_mask", "axis"], ["wide"]),
            helper.make_node("MatMul", ["wide", "weight"], ["out"]),
        ]
        weights = [constant("axis", [2], np.int64), constant("weight", [[1.0, 2.0]])]
        shapes = {"attention_mask": ["n", "length"]}, {"out": ["n", "length", 2]}
        outputs, vectors = OnnxModel(write_graph(tmp_path / "t.onnx", nodes, *shapes, weights)).predict(
            self.inputs()[1:]
        )
        np.testing.assert_array_equal(outputs[0], self.inputs()[1][:, :, None] * [1.0, 2.0])
        assert vectors.shape == (len(self.tokens), 1)

    def test_static_length_is_kept(self, tmp_path):
        assert set(self.positions(tmp_path, LENGTH)) == {LENGTH}

    def test_sample_without_any_position(self, tmp_path):
        model = load_model(write_onnx_model(tmp_path / "model.onnx"))
        empty = np.zeros((1, LENGTH))
        outputs, vectors = model.predict([empty, empty])
        assert outputs[0].shape == (1, 2)
        assert vectors.tolist() == [[0.0, 0.0, 0.0]]

    def test_mask_with_a_hole_and_on_the_left(self, tmp_path):
        model = OnnxModel(write_onnx_model(tmp_path / "model.onnx"))
        mask = np.zeros((3, LENGTH))
        mask[0, [0, 3]] = 1
        mask[1, LENGTH - 1] = 1
        assert model._lengths([np.zeros((3, LENGTH)), mask]).tolist() == [4, LENGTH, 0]


class TestOnnxLatent:
    def source(self, tmp_path, nodes, weights, outputs=("out",)):
        shapes = {name: ["n", 2] for name in outputs}
        return OnnxModel(write_graph(tmp_path / "m.onnx", nodes, {"x": ["n", 2]}, shapes, weights)).latent_source()

    def test_weights_of_another_type(self, tmp_path):
        weight = constant("w16", np.eye(2), np.float16)
        nodes = [
            helper.make_node("Relu", ["x"], ["features"]),
            helper.make_node("Cast", ["w16"], ["w"], to=TensorProto.FLOAT),
            helper.make_node("MatMul", ["features", "w"], ["out"]),
        ]
        assert self.source(tmp_path, nodes, [weight]) == "features"

    def test_gemm_and_what_comes_after(self, tmp_path):
        nodes = [
            helper.make_node("Relu", ["x"], ["first"]),
            helper.make_node("Gemm", ["first", "w"], ["second"]),
            helper.make_node("Softmax", ["second"], ["out"]),
        ]
        assert self.source(tmp_path, nodes, [constant("w", np.eye(2))]) == "first"

    def test_without_a_matrix_product(self, tmp_path):
        nodes = [
            helper.make_node("Relu", ["x"], ["features"]),
            helper.make_node("Mul", ["features", "w"], ["scaled"]),
            helper.make_node("Sigmoid", ["scaled"], ["out"]),
        ]
        assert self.source(tmp_path, nodes, [constant("w", [2.0, 3.0])]) == "features"

    def test_axes_are_no_weights(self, tmp_path):
        nodes = [
            helper.make_node("Relu", ["x"], ["features"]),
            helper.make_node("MatMul", ["features", "w"], ["product"]),
            helper.make_node("Unsqueeze", ["product", "axis"], ["wide"]),
            helper.make_node("Mul", ["wide", "half"], ["halved"]),
            helper.make_node("Squeeze", ["halved", "axis"], ["out"]),
        ]
        weights = [constant("w", np.eye(2)), constant("axis", [1], np.int64), constant("half", [0.5])]
        assert self.source(tmp_path, nodes, weights) == "features"

    def test_channels_first(self, tmp_path):
        """Seven channels on images 24 wide have 7 dimensions."""
        nodes = [
            helper.make_node("Conv", ["x", "first"], ["features"]),
            helper.make_node("Conv", ["features", "head"], ["map"]),
            helper.make_node("GlobalAveragePool", ["map"], ["pooled"]),
            helper.make_node("Squeeze", ["pooled", "axes"], ["out"]),
        ]
        weights = [constant("first", np.arange(7.0).reshape(7, 1, 1, 1)), constant("head", np.ones((2, 7, 1, 1)))]
        weights.append(constant("axes", [2, 3], np.int64))
        path = write_graph(tmp_path / "c.onnx", nodes, {"x": ["n", 1, 16, 24]}, {"out": ["n", 2]}, weights)
        model = OnnxModel(path)
        outputs, vectors = model.predict([np.full((3, 1, 16, 24), 2.0)])
        assert model.latent_source() == "features"
        np.testing.assert_allclose(vectors, [[0, 2, 4, 6, 8, 10, 12]] * 3)
        np.testing.assert_allclose(outputs[0], np.full((3, 2), 42.0))

    def test_each_output_has_its_own(self, tmp_path):
        nodes = [
            helper.make_node("Relu", ["x"], ["a"]),
            helper.make_node("MatMul", ["a", "w"], ["first"]),
            helper.make_node("Neg", ["x"], ["b"]),
            helper.make_node("MatMul", ["b", "w"], ["second"]),
        ]
        shapes = {"first": ["n", 2], "second": ["n", 2]}
        model = OnnxModel(write_graph(tmp_path / "m.onnx", nodes, {"x": ["n", 2]}, shapes, [constant("w", np.eye(2))]))
        assert [model.latent_source(output) for output in (0, 1)] == ["a", "b"]
        assert model.predict([np.array([[1.0, -2.0]])], 1)[1].tolist() == [[-1.0, 2.0]]

    def test_latent_that_is_an_output_already(self, tmp_path):
        nodes = [
            helper.make_node("Relu", ["x"], ["features"]),
            helper.make_node("MatMul", ["features", "w"], ["out"]),
        ]
        weights = [constant("w", [[1.0, 0.0], [0.0, 2.0]])]
        assert self.source(tmp_path, nodes, weights, ("out", "features")) == "features"
        outputs, vectors = load_model(tmp_path / "m.onnx").predict([np.array([[1.0, -1.0], [2.0, 3.0]])])
        assert [output.tolist() for output in outputs] == [[[1.0, 0.0], [2.0, 6.0]], [[1.0, 0.0], [2.0, 3.0]]]
        assert vectors.tolist() == outputs[1].tolist()

    def test_nothing_to_learn(self, tmp_path):
        with pytest.raises(ExplorerError, match="no latent space"):
            self.source(tmp_path, [helper.make_node("Relu", ["x"], ["out"])], [])

    def test_of_a_session(self, tmp_path):
        import onnxruntime

        path = write_onnx_model(tmp_path / "model.onnx")
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        of_bytes = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
        found = [ModelFile.of(wrap_model(one), None) for one in (session, of_bytes)]
        assert found[0] == ModelFile.of(load_model(path), path)
        assert (found[1].path, found[1].sha256) == (None, found[0].sha256)
        with pytest.raises(ExplorerError, match="returns a str, no Keras or ONNX model"):
            wrap_model("model.onnx")


@pytest.mark.slow
class TestKeras:
    def test_outputs_and_latent(self, tmp_path):
        import keras

        keras.utils.set_random_seed(0)
        inputs = [keras.Input((3,)), keras.Input((2,))]
        features = keras.layers.Dense(4, activation="tanh")(keras.layers.Concatenate()(inputs))
        head = keras.layers.Dense(2, name="head")(keras.layers.Dropout(0.5)(features))
        keras.Model(inputs, [keras.layers.Softmax()(head), features]).save(tmp_path / "m.keras")
        model = load_model(tmp_path / "m.keras")
        assert (model.format, len(model.input_names)) == ("keras", 2)
        assert model.latent_source() == "input of the layer head"
        batch = [np.random.default_rng(0).normal(size=(5, size)).astype(np.float32) for size in (3, 2)]
        outputs, vectors = model.predict(batch)
        (w1, b1), (w2, b2) = (layer.get_weights() for layer in model.keras_model.layers if layer.weights)
        by_hand = np.tanh(np.concatenate(batch, axis=1) @ w1 + b1)
        powers = np.exp(by_hand @ w2 + b2)
        np.testing.assert_allclose(vectors, by_hand, atol=1e-5)
        np.testing.assert_allclose(outputs[1], by_hand, atol=1e-5)
        np.testing.assert_allclose(outputs[0], powers / powers.sum(axis=1, keepdims=True), atol=1e-5)

    def test_nothing_to_learn(self, tmp_path):
        import keras

        inputs = keras.Input((3,))
        keras.Model(inputs, keras.layers.ReLU()(inputs)).save(tmp_path / "m.keras")
        with pytest.raises(ExplorerError, match="no layer with weights"):
            load_model(tmp_path / "m.keras")

    @pytest.mark.parametrize("suffix", [".keras", ".h5"])
    def test_code_in_the_file_is_run_only_if_it_is_trusted(self, tmp_path, suffix):
        import keras

        inputs = keras.Input((3,))
        doubled = keras.layers.Lambda(lambda x: x * 2, output_shape=(3,))(keras.layers.Dense(3)(inputs))
        path = tmp_path / f"m{suffix}"
        keras.Model(inputs, doubled).save(path)
        with pytest.raises(ExplorerError, match=r"safe_mode=True.*--trust-model"):
            load_model(path)
        assert load_model(path, is_trusted=True).predict([np.ones((2, 3))])[0][0].shape == (2, 3)
