"""The model files against the platform's own importer, in an environment of Python 3.10 that is built once."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

import environments
from environments import (
    NoInterpreterError,
    environment_python,
    find_python,
    importer_folder,
    importer_python,
    reusable_environment,
    run_checked,
)
from IMDb.config import load_config
from IMDb.model_specs import MODELS
from IMDb.models import dense
from IMDb.reviews.dataset import load_dataset
from IMDb.text.features import BERT_TOKENIZER_DIR, WORD_TOKENIZER_PATH
from IMDb.text.tokenizers import WordPieceTokenizer, WordTokenizer
from leap_explorer.silent_imports import import_keras

SCRIPT = Path(__file__).with_name("import_model.py")
DENSE_LAYERS = ["Input", "Embedding", "Dropout", "Dense", "GlobalAveragePooling1D", "Dropout", "Dense"]
BERT_LENGTHS = (24, 128, 512)  # input positions
BERT_TOLERANCE = 1e-3


def test_environment_is_built_once(built, tmp_path):
    python = reusable_environment(tmp_path / "new", (3, 11), "some-package==1.0")
    assert python == reusable_environment(tmp_path / "new", (3, 11), "some-package==1.0")
    assert built == [tmp_path / "new"]


def test_environment_of_an_interrupted_build_is_built_anew(built, tmp_path, monkeypatch):
    def interrupt(folder, python, *pip_arguments):
        (folder / "bin").mkdir(parents=True)
        (folder / "pyvenv.cfg").touch()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(environments, "make_environment", interrupt)
        with pytest.raises(KeyboardInterrupt):
            reusable_environment(tmp_path / "half", (3, 11), "some-package==1.0")
    assert (tmp_path / "half").exists()
    reusable_environment(tmp_path / "half", (3, 11), "some-package==1.0")
    assert built == [tmp_path / "half"]


def test_environment_of_another_requirement_is_built_anew(built, tmp_path):
    reusable_environment(tmp_path / "old", (3, 11), "some-package==1.0")
    reusable_environment(tmp_path / "old", (3, 11), "some-package==2.0")
    assert built == [tmp_path / "old"] * 2


def test_environment_whose_interpreter_is_gone_is_built_anew(built, tmp_path):
    """As when the Python that it was made with is uninstalled, which leaves a dangling link."""
    reusable_environment(tmp_path / "gone", (3, 11), "some-package==1.0").unlink()
    reusable_environment(tmp_path / "gone", (3, 11), "some-package==1.0")
    assert built == [tmp_path / "gone"] * 2


def test_folder_that_is_no_environment_is_not_touched(built, tmp_path):
    (tmp_path / "photo.jpg").touch()
    with pytest.raises(RuntimeError, match="not touching it"):
        reusable_environment(tmp_path, (3, 11), "some-package==1.0")
    assert (tmp_path / "photo.jpg").exists()
    assert not built


@pytest.fixture
def built(monkeypatch):
    """The folders in which environments were made, with nothing installed."""
    folders = []

    def make(folder, python, *pip_arguments):
        assert not folder.exists()
        (folder / "bin").mkdir(parents=True)
        (folder / "pyvenv.cfg").touch()
        environment_python(folder).touch()
        folders.append(folder)
        return environment_python(folder)

    monkeypatch.setattr(environments, "make_environment", make)
    monkeypatch.setattr(environments, "find_python", lambda version: Path("python"))
    return folders


def test_interpreter_that_does_not_run_is_passed_over(tmp_path, monkeypatch):
    """As pyenv's shim for a version that is not active."""
    shims, version = tmp_path / "shims", tmp_path / "versions" / "3.9.99" / "bin"
    for folder, script in ((shims, "exit 127"), (version, "echo 3.9")):
        folder.mkdir(parents=True)
        for name in ("python", "python3.9"):
            (folder / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
            (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{shims}:/usr/bin:/bin")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert find_python((3, 9)) == version / "python"
    shutil.rmtree(tmp_path / "versions")
    with pytest.raises(NoInterpreterError, match=r"3\.9"):
        find_python((3, 9))


def test_importer_folder(monkeypatch):
    monkeypatch.setenv("IMDB_IMPORTER_VENV", "/somewhere")
    assert importer_folder() == Path("/somewhere")
    monkeypatch.delenv("IMDB_IMPORTER_VENV")
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert importer_folder() == Path("/cache/imdb-tensorleap/importer")


@pytest.fixture(scope="module")
def importer():
    """The interpreter with the platform's importer."""
    try:
        return importer_python()
    except NoInterpreterError as error:
        reason = f"the platform's importer cannot be installed: {error}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture
def import_model(importer, tmp_path):
    """A function: model file, type, feeds -> the report of `import_model.py`."""

    def run(path, kind, *feeds):
        report = tmp_path / "report.json"
        files = [tmp_path / f"inputs-{number}.npz" for number in range(len(feeds))]
        for file, feed in zip(files, feeds, strict=True):
            np.savez(file, **feed)
        command = [importer, "-I", SCRIPT, path, kind, report, *files]
        run_checked(command, TF_CPP_MIN_LOG_LEVEL="3", TL_DISABLE_ANALYTICS="1", CUDA_VISIBLE_DEVICES="-1")
        return json.loads(report.read_text(encoding="utf-8"))

    return run


@pytest.fixture(scope="module")
def reviews():
    """Twelve validation reviews, from the shortest to the longest."""
    table = load_dataset(load_config().model_copy(update={"data": "bundled"}))
    texts = sorted(table.loc[table["split"] == "validation", "text"], key=len)
    return [texts[position] for position in np.linspace(0, len(texts) - 1, 12, dtype=int)]


def model_file(name):
    path = MODELS[name].path
    if not path.exists():
        pytest.skip(f"no {path.name} yet: `imdb train {name}` makes it")
    return path


@pytest.mark.slow
@pytest.mark.platform
def test_dense_imports_exactly(import_model, reviews):
    path = model_file("dense")
    inputs = dense.input_matrix(reviews, WordTokenizer.load(WORD_TOKENIZER_PATH))
    assert inputs.dtype == np.float32
    report = import_model(path, MODELS["dense"].push_type, {"tokens": inputs})
    expected = import_keras().models.load_model(path, compile=False)(inputs, training=False).numpy()
    assert report["layers"] == DENSE_LAYERS
    assert report["inputs"] == {"tokens": [inputs.shape[1]]}
    assert difference(report["outputs"][0], expected) == 0.0
    assert (expected.argmax(axis=1) == 0).any()
    assert (expected.argmax(axis=1) == 1).any()


@pytest.mark.slow
@pytest.mark.platform
def test_bert_imports_closely(import_model, reviews):
    path = model_file("bert")
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    assert tuple(entry.name for entry in session.get_inputs()) == MODELS["bert"].input_names
    feeds = [bert_feed(reviews[::3], length) for length in BERT_LENGTHS]
    report = import_model(path, MODELS["bert"].push_type, *feeds)
    assert list(report["inputs"]) == list(MODELS["bert"].input_names)
    for length, feed, imported in zip(BERT_LENGTHS, feeds, report["outputs"], strict=True):
        assert difference(imported, session.run(None, feed)[0]) <= BERT_TOLERANCE, f"at {length} positions"


def bert_feed(texts, length):
    """int64 [n, length] each, as onnxruntime wants them."""
    settings = load_config().bert.model_copy(update={"max_length": length})
    tokenizer = WordPieceTokenizer.load(BERT_TOKENIZER_DIR, settings)
    encodings = tokenizer.encode_batch(texts)
    ids = np.stack([encoding.padded(length, tokenizer.pad_id) for encoding in encodings]).astype(np.int64)
    mask = np.stack([np.arange(length) < len(encoding.ids) for encoding in encodings]).astype(np.int64)
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}


def difference(outputs, expected):
    """The largest one, of arrays of the same shape."""
    outputs = np.array(outputs)
    assert outputs.shape == expected.shape
    return np.abs(outputs - expected).max()


@pytest.mark.slow
@pytest.mark.platform
def test_keras_3_form_is_refused(import_model, tmp_path):
    """Were it not, `dense.save` would rewrite the file for nothing, and these tests would prove little."""
    inputs = {"tokens": np.array([[2, 3, 0, 0]], dtype=np.float32)}
    model = dense.build(vocab_size=5, max_length=4)
    dense.save(model, tmp_path / "keras-2-form.h5")
    assert import_model(tmp_path / "keras-2-form.h5", "H5_TF2", inputs)["layers"] == DENSE_LAYERS
    model.save(tmp_path / "keras-3-form.h5", include_optimizer=False)
    with pytest.raises(RuntimeError, match="batch_shape"):
        import_model(tmp_path / "keras-3-form.h5", "H5_TF2", inputs)
