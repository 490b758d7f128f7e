import json
import subprocess
import sys

import h5py
import numpy as np
import pytest

from IMDb.config import LABELS, ROOT
from IMDb.models import dense
from IMDb.text.tokenizers import WordTokenizer
from leap_explorer.silent_imports import import_keras

VOCAB, LENGTH = 30, 12


@pytest.fixture(scope="module")
def keras():
    return import_keras()


@pytest.fixture(scope="module")
def model(keras):
    """Untrained, with biases that are not zero, so that each weight counts."""
    keras.utils.set_random_seed(0)
    model = dense.build(VOCAB, LENGTH)
    generator = np.random.default_rng(0)
    model.set_weights([generator.normal(size=weight.shape) for weight in model.get_weights()])
    return model


@pytest.fixture(scope="module")
def batch():
    """[3, LENGTH]: a short, a middling and a full review."""
    ids = np.zeros((3, LENGTH), dtype=np.float32)
    for row, length in zip(ids, (1, 5, LENGTH), strict=True):
        row[:length] = np.arange(2, 2 + length)
    return ids


@pytest.fixture
def saved(model, tmp_path):
    path = tmp_path / "models" / "dense.h5"
    dense.save(model, path)
    return path


def keys_of(node):
    """Every key of a nested JSON value."""
    if isinstance(node, dict):
        return set(node).union(*map(keys_of, node.values()))
    return set().union(*map(keys_of, node)) if isinstance(node, list) else set()


class TestBuild:
    def test_composition(self, model):
        assert [type(layer).__name__ for layer in model.layers if type(layer).__name__ != "NotEqual"] == [
            "InputLayer",
            "Embedding",
            "Dropout",
            "Dense",
            "GlobalAveragePooling1D",
            "Dropout",
            "Dense",
        ]

    def test_shapes(self, model):
        assert model.input_shape == (None, LENGTH)
        assert model.input.dtype == "float32"
        assert model.output_shape == (None, len(LABELS))
        assert model.get_layer("embedding").embeddings.shape == (VOCAB, dense.EMBEDDING_WIDTH)
        assert model.get_layer("logits").activation.__name__ == "linear"

    def test_by_hand(self, model, batch):
        embedding, hidden, hidden_bias, output, output_bias = model.get_weights()
        for ids, logits in zip(batch, model(batch).numpy(), strict=True):
            vectors = embedding[ids[ids > 0].astype(int)]
            average = np.maximum(vectors @ hidden + hidden_bias, 0).mean(axis=0)
            np.testing.assert_allclose(logits, average @ output + output_bias, rtol=1e-4, atol=1e-5)

    def test_padding_is_masked(self, model, batch):
        longer = dense.build(VOCAB, 2 * LENGTH)
        longer.set_weights(model.get_weights())
        padded = np.pad(batch, ((0, 0), (0, LENGTH)))
        np.testing.assert_allclose(longer(padded).numpy(), model(batch).numpy(), atol=1e-6)
        assert not np.allclose(longer(np.where(padded == 0, 1, padded)).numpy()[0], model(batch).numpy()[0])

    def test_dropout_leaves_out_whole_words(self, keras, model, batch):
        keras.utils.set_random_seed(1)
        vectors = model.get_layer("word_dropout")(np.ones((1, LENGTH, dense.EMBEDDING_WIDTH)), training=True).numpy()[0]
        per_word = vectors.sum(axis=1)
        assert set(np.unique(vectors)) == {0.0, 1 / (1 - dense.WORD_DROPOUT)}
        assert set(np.unique(per_word)) == {0.0, dense.EMBEDDING_WIDTH / (1 - dense.WORD_DROPOUT)}


class TestInputs:
    TOKENIZER = WordTokenizer(["[PAD]", "[OOV]", "the", "film", "not", "good"], 8, 0.5, ["not good"])

    def test_matrix(self):
        matrix = dense.input_matrix(["The film!", "not good", "<br />!!", "film " * 20], self.TOKENIZER)
        assert matrix.dtype == np.float32
        assert matrix.tolist() == [
            [2, 3, 0, 0, 0, 0, 0, 0],
            [4, 5, 6, 0, 0, 0, 0, 0],
            [1, 0, 0, 0, 0, 0, 0, 0],
            [3] * 8,
        ]


@pytest.fixture(scope="module")
def config(model):
    return dense.to_keras_2(json.loads(model.to_json()))


class TestKeras2Form:
    def test_nothing_of_keras_3_alone(self, model, config):
        keras_3_only = {"batch_shape", "optional", "registered_name", "module", "quantization_config", "input_axes"}
        assert keras_3_only <= keys_of(json.loads(model.to_json()))
        assert not keras_3_only & keys_of(config)
        assert "DTypePolicy" not in json.dumps(config)
        assert config["config"]["layers"][0]["config"]["batch_input_shape"] == [None, LENGTH]
        assert {layer["config"].get("dtype") for layer in config["config"]["layers"]} == {"float32"}

    def test_inbound_nodes(self, config):
        layers = config["config"]["layers"]
        names = [layer["name"] for layer in layers]
        assert "not_equal" not in names
        assert [layer["inbound_nodes"] for layer in layers] == [
            [],
            *([[[name, 0, 0, {}]]] for name in names[:-1]),
        ]

    def test_a_layer_with_two_inputs_is_refused(self, keras):
        a, b = keras.Input((2,)), keras.Input((2,))
        model = keras.Model([a, b], keras.layers.Add()([a, b]))
        with pytest.raises((ValueError, TypeError)):
            dense.to_keras_2(json.loads(model.to_json()))


class TestSave:
    def test_loads_again_without_difference(self, keras, model, saved, batch):
        loaded = keras.models.load_model(saved, compile=False)
        assert np.array_equal(loaded(batch).numpy(), model(batch).numpy())
        assert np.array_equal(loaded.predict(batch, verbose=0), model.predict(batch, verbose=0))

    def test_form_of_the_file(self, saved):
        with h5py.File(saved) as file:
            assert file.attrs["keras_version"].startswith("2.")
            assert "batch_shape" not in keys_of(json.loads(file.attrs["model_config"]))

    def test_no_optimizer(self, keras, tmp_path, batch):
        model = dense.build(VOCAB, LENGTH)
        data = batch, np.array([0, 1, 0])
        list(dense.train(model, data, data, epochs=1))
        dense.save(model, tmp_path / "dense.h5")
        with h5py.File(tmp_path / "dense.h5") as file:
            assert list(file) == ["model_weights"]
            assert "training_config" not in file.attrs

    def test_an_interruption_leaves_the_old_file(self, model, saved, monkeypatch):
        def interrupt(config):
            raise KeyboardInterrupt

        before = saved.read_bytes()
        monkeypatch.setattr(dense, "to_keras_2", interrupt)
        with pytest.raises(KeyboardInterrupt):
            dense.save(model, saved)
        assert saved.read_bytes() == before
        assert list(saved.parent.iterdir()) == [saved]

    def test_no_advice_of_keras(self, model, tmp_path, caplog, capfd):
        dense.save(model, tmp_path / "dense.h5")
        assert not caplog.records
        assert capfd.readouterr() == ("", "")


IMPORT = "from leap_explorer.silent_imports import import_keras; print(import_keras().__name__)"


def run_import(*path):
    """`import_keras()` in a fresh process, with folders before the installed packages."""
    code = f"import sys; sys.path[:0] = {[str(folder) for folder in (*path, ROOT)]!r}; {IMPORT}"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


class TestImportKeras:
    @pytest.mark.slow
    def test_quiet(self):
        process = run_import()
        assert (process.returncode, process.stdout, process.stderr) == (0, "keras\n", "")

    def test_what_was_said_is_shown_when_it_fails(self, tmp_path):
        (tmp_path / "keras.py").write_text(
            "import os\nos.write(2, b'a note that explains it\\n')\nraise ImportError('no backend')\n"
        )
        process = run_import(tmp_path)
        assert process.returncode == 1
        assert "a note that explains it\n" in process.stderr
        assert "ImportError: no backend" in process.stderr

    def test_stderr_works_again_afterwards(self, tmp_path):
        (tmp_path / "keras.py").write_text("import os\nos.write(2, b'noise')\n")
        (tmp_path / "tensorflow.py").write_text(
            "class config:\n    list_physical_devices = staticmethod(lambda: None)\n"
        )
        code = f"import sys; sys.path[:0] = {[str(tmp_path), str(ROOT)]!r}; {IMPORT}; print('after', file=sys.stderr)"
        process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert process.stderr == "after\n"
