"""Toy integrations evaluated by the command: each number again by hand, and what happens when all does not go well."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from onnx import helper

from graphs import constant, write_graph
from leap_explorer.contract.source_hash import explorer_sha256
from leap_explorer.errors import ExplorerError
from leap_explorer.evaluation.evaluate import _fingerprint_of
from leap_explorer.evaluation.plan import Plan
from leap_explorer.evaluation.renew import renew
from leap_explorer.evaluation.sampling import draw
from leap_explorer.runs.run import compact, load_run
from toys import (
    BROKEN_ID,
    EMPTY_ID,
    FUSSY_ID,
    GOOD,
    LABELS,
    LEAKED,
    LENGTH,
    ROOT,
    TWIST,
    VOCAB,
    environment,
    explorer,
    names_in,
    onnx_by_hand,
    text_samples,
    token_matrix,
    write_onnx_model,
    write_onnx_toy,
)

PATIENCE = 300  # seconds; a busy machine takes its time
SAME_FILES = (
    "samples.parquet",
    "confusions.parquet",
    "words.parquet",
    "latent.npy",
    "signatures.npy",
    "population.json",
    "insights.json",
)


class TestDraw:
    ids = tuple(f"s{i}" for i in range(20))
    labels = tuple([0] * 15 + [1] * 4 + [2])

    def drawn(self, count, seed=1):
        return draw(self.ids, lambda: self.labels, count, seed)

    def test_all_without_reading_labels(self):
        for count in (None, 20, 50):
            assert draw(self.ids, lambda: pytest.fail("labels were read"), count, 0) == list(self.ids)

    @pytest.mark.parametrize(("count", "per_label"), [(3, [1, 1, 1]), (7, [3, 3, 1]), (12, [7, 4, 1]), (1, [1, 0, 0])])
    def test_balance(self, count, per_label):
        drawn = self.drawn(count)
        labels = [self.labels[self.ids.index(one)] for one in drawn]
        assert [labels.count(label) for label in (0, 1, 2)] == per_label

    def test_in_order_and_once(self):
        drawn = self.drawn(9)
        positions = [self.ids.index(one) for one in drawn]
        assert positions == sorted(set(positions))

    def test_seeded(self):
        assert self.drawn(6) == self.drawn(6)
        assert len({tuple(self.drawn(6, seed)) for seed in range(5)}) > 1

    def test_unknown_labels(self):
        assert len(draw(self.ids, lambda: [None] * 20, 6, 0)) == 6


class TestPlan:
    def plan(self, **changes):
        keys = [("training", i) for i in range(300)] + [("validation", i) for i in range(3)]
        facts = {"model": {"sha256": "m"}, "history": None, "code_sha256": "c", "explorer_sha256": "e"}
        facts |= {"options": {"seed": 1}, "keys": keys, "out_of_sample": None, "probe": "p"}
        return Plan(**{**facts, **changes})

    def test_chunks_are_of_one_subset(self):
        chunks = self.plan().chunks()
        assert [len(chunk) for chunk in chunks] == [256, 44, 3]
        assert [key for chunk in chunks for key in chunk] == self.plan().keys

    @pytest.mark.parametrize(
        "change",
        [
            {"model": {"sha256": "n"}},
            {"history": {"epochs": []}},
            {"code_sha256": "d"},
            {"explorer_sha256": "f"},
            {"options": {"seed": 2}},
            {"keys": [("training", 1)]},
            {"probe": "q"},
            {"out_of_sample": "o"},
        ],
    )
    def test_whatever_changes_the_run_changes_the_fingerprint(self, change):
        assert self.plan().fingerprint() == self.plan().fingerprint()
        assert self.plan(**change).fingerprint() != self.plan().fingerprint()


def values(samples, column):
    """A column as float64, NaN for null."""
    return samples[column].to_numpy(dtype=np.float64, na_value=np.nan)


@pytest.fixture(scope="module")
def onnx_run(onnx_toy):
    """(run, rows of samples.json, positions of the good samples)"""
    run = load_run(onnx_toy.out)
    made = json.loads((onnx_toy.folder / "samples.json").read_text())
    good = np.array([sample["id"] not in (BROKEN_ID, FUSSY_ID) for sample in made])
    return run, made, good


def softmax(logits):
    powers = np.exp(logits)
    return powers / powers.sum(axis=1, keepdims=True)


@pytest.mark.slow
class TestOnnxToy:
    def by_hand(self, made):
        logits, latent = onnx_by_hand(token_matrix(made))
        truth = np.array([-1 if sample["label"] is None else sample["label"] for sample in made])
        return softmax(logits), latent, truth

    def close(self, found, expected, known):
        np.testing.assert_allclose(found[known], expected[known], rtol=2e-4, atol=2e-5)
        assert np.isnan(found[~known]).all()

    def test_what_it_says(self, onnx_toy):
        assert onnx_toy.result.returncode == 1, onnx_toy.result.stderr
        assert "160 of 160" in onnx_toy.result.stdout
        assert "2 of 340 samples could not be evaluated" in onnx_toy.result.stderr
        assert f"The first is {BROKEN_ID}: ValueError: cannot read [this] sample" in onnx_toy.result.stderr
        assert "Traceback" not in onnx_toy.result.stderr

    def test_samples_in_order(self, onnx_run):
        run, made, _ = onnx_run
        assert run.samples["id"].tolist() == [sample["id"] for sample in made]
        assert run.samples["subset"].tolist() == [sample["subset"] for sample in made]

    def test_probabilities_and_prediction(self, onnx_run):
        run, made, good = onnx_run
        probabilities, _, _ = self.by_hand(made)
        for column, label in enumerate(LABELS):
            self.close(values(run.samples, f"probability_{label}"), probabilities[:, column], good)
        expected = [LABELS[i] if ok else None for i, ok in zip(probabilities.argmax(axis=1), good, strict=True)]
        assert (
            run.samples["prediction"].astype(object).where(run.samples["prediction"].notna(), None).tolist() == expected
        )

    def test_ground_truth(self, onnx_run):
        run, made, good = onnx_run
        found = run.samples["ground_truth"]
        for sample, truth, ok in zip(made, found, good, strict=True):
            if not ok or sample["label"] is None:
                assert truth is pd.NA
            else:
                assert truth == LABELS[sample["label"]]

    def test_loss_and_metrics(self, onnx_run):
        run, made, good = onnx_run
        probabilities, _, truth = self.by_hand(made)
        known = good & (truth >= 0)
        right = probabilities[np.arange(len(truth)), np.maximum(truth, 0)]
        is_right = probabilities.argmax(axis=1) == truth
        self.close(values(run.samples, "loss"), -np.log(right), known)
        self.close(values(run.samples, "metric_accuracy"), is_right.astype(float), known)
        self.close(values(run.samples, "metric_errors_absolute"), 1 - right, known)
        self.close(values(run.samples, "metric_errors_truth"), right, known)
        self.close(values(run.samples, "metric_confusion_true_positives"), is_right.astype(float), known)
        self.close(values(run.samples, "metric_confusion_false_positives"), (~is_right).astype(float), known)
        self.close(values(run.samples, "metric_confusion_true_negatives"), is_right.astype(float), known)
        self.close(values(run.samples, "metric_confusion_false_negatives"), (~is_right).astype(float), known)
        self.close(values(run.samples, "metric_fussy"), probabilities.max(axis=1), good)
        filled = np.array([len(sample["words"]) / LENGTH for sample in made])
        self.close(values(run.samples, "metric_filled"), filled, good & (filled > 0))

    def test_columns_say_what_is_better(self, onnx_run):
        columns = onnx_run[0].columns
        directions = {name: facts["direction"] for name, facts in columns.items() if facts["role"] == "metric"}
        assert directions == {
            "metric_accuracy": "up",
            "metric_errors_absolute": "down",
            "metric_errors_truth": "up",
            "metric_fussy": "down",
            "metric_filled": "up",
        }
        assert columns["metric_errors_absolute"]["computes_insights"] is True
        assert columns["metric_errors_truth"]["computes_insights"] is False
        assert columns["metric_accuracy"]["description"] == "Share of right predictions."

    def test_latent_vectors(self, onnx_run):
        run, made, good = onnx_run
        _, latent, _ = self.by_hand(made)
        assert run.latent.dtype == np.float32
        assert run.info["latent"] == {"source": "features", "dimensions": 3}
        np.testing.assert_allclose(run.latent[good], latent[good], rtol=2e-4, atol=2e-5)
        assert np.isnan(run.latent[~good]).all()

    def test_map_clusters_and_outliers(self, onnx_run):
        run, _, good = onnx_run
        for name in ("map_x", "map_y", "pca_x", "pca_y", "cluster", "outlier_score"):
            assert (run.samples[name].notna() == good).all(), name
        assert run.samples["map_x"].equals(run.samples["pca_x"])
        training = (run.samples["subset"] == "training").to_numpy(dtype=bool)
        assert np.nanmedian(values(run.samples, "outlier_score")[training]) == pytest.approx(1, rel=1e-5)
        assert sum(cluster["size"] for cluster in run.clusters) == good.sum()

    def test_metadata(self, onnx_run):
        run, made, good = onnx_run
        types = {"length": "Int64", "stars": "Int64", "good_share": "Float32", "twisted": "boolean"}
        types |= {"set_distinct": "Int64", "set_repetition": "Float32", "set_repeats": "boolean"}
        assert {name: str(run.samples[f"metadata_{name}"].dtype) for name in types} == types
        for row, (sample, ok) in enumerate(zip(made, good, strict=True)):
            words = sample["words"]
            expected = {
                "length": len(words),
                "stars": sample["stars"],
                "good_share": sum(word in GOOD for word in words) / len(words) if words else None,
                "twisted": TWIST in words if words else None,
                "first_word": words[0] if words else None,
                "set_distinct": len(set(words)),
                "set_repetition": len(words) / len(set(words)) if words else None,
                "set_repeats": len(set(words)) < len(words),
                "set_longest": max(words, key=len) if words else None,
            }
            for name, value in expected.items():
                found = run.samples[f"metadata_{name}"].iloc[row]
                if value is None or not ok:
                    assert found is pd.NA, (sample["id"], name)
                else:
                    assert found == (pytest.approx(value, rel=1e-6) if isinstance(value, float) else value)

    def test_errors(self, onnx_toy, onnx_run):
        run, _, _ = onnx_run
        folder = onnx_toy.folder
        failed = run.samples[run.samples["error"].notna()].set_index("id")["error"]
        lines = (folder / "integration.py").read_text(encoding="utf-8").splitlines()
        broken, fussy = (1 + next(i for i, line in enumerate(lines) if text in line) for text in ("[this]", "not this"))
        assert failed.to_dict() == {
            BROKEN_ID: f"ValueError: cannot read [this] sample (integration.py:{broken}, in tokens, called by counts)",
            FUSSY_ID: f"fussy: ValueError: not this one (integration.py:{fussy}, in fussy)",
        }
        assert run.info["counts"] == {
            "training": {"evaluated": 160, "available": 160, "failed": 1},
            "validation": {"evaluated": 160, "available": 160, "failed": 1},
            "unlabeled": {"evaluated": 20, "available": 20, "failed": 0},
        }

    def test_hashes_and_leakage(self, onnx_run):
        run, made, _ = onnx_run
        hashes = run.samples.set_index("id")["input_hash"]
        assert hashes[LEAKED[0]] == hashes[LEAKED[1]]
        texts = {sample["id"]: tuple(sample["words"]) for sample in made if sample["id"] != BROKEN_ID}
        assert hashes.drop(BROKEN_ID).nunique() == len(set(texts.values()))
        assert "data_leakage" in {insight["kind"] for insight in run.insights}

    def test_words_are_those_that_the_samples_show(self, onnx_run):
        run, made, _ = onnx_run
        shown = {sample["id"]: sample["words"] for sample in made}
        failed = run.samples["error"].notna().to_numpy()
        assert (run.words.has_text == ~failed).all()
        assert run.words.terms
        for term in run.words.terms[:5]:
            expected = [term in " ".join(shown[one]).lower().split() for one in run.samples["id"]]
            assert run.words.has(term).tolist() == (np.array(expected) & ~failed).tolist()
        assert run.columns["topic"]["role"] == "topic"
        assert run.samples["topic"].dtype == "Int64"

    def test_renewed_is_the_same(self, onnx_toy, onnx_run, tmp_path):
        run = onnx_run[0]
        copy = load_run(shutil.copytree(run.path, tmp_path / "copy"))
        for name in ("words.parquet", "insights.json"):
            (copy.path / name).write_bytes(b"{}")
        again = renew(load_run(copy.path), onnx_toy.folder)
        assert again.insights == run.insights
        assert again.words.rows.tolist() == run.words.rows.tolist()
        assert again.info | {"files": None} == run.info | {"files": None}
        pd.testing.assert_frame_equal(again.samples, run.samples)
        assert renew(again).insights == run.insights

    def test_a_compact_copy_is_not_renewed(self, onnx_run, tmp_path):
        small = compact(onnx_run[0], tmp_path / "small")
        assert small.words.terms == onnx_run[0].words.terms
        with pytest.raises(ExplorerError, match="compact copy"):
            renew(small)

    def test_facts(self, onnx_toy, onnx_run):
        info = onnx_run[0].info
        assert info["model"]["file"] == "model.onnx"
        assert info["model"]["format"] == "onnx"
        assert info["integration"]["entry"] == "integration.py"
        assert info["explorer_sha256"] == explorer_sha256()
        assert info["labels"] == LABELS
        assert info["seed"] == 42
        assert {"python", "numpy", "onnxruntime"} <= set(info["versions"])
        assert info["history"] is None
        assert names_in(onnx_toy.out.parent) == [".toy.lock", "toy"]
        assert names_in(onnx_toy.out) == sorted([*SAME_FILES, "space1.npy", "run.json"])

    def test_empty_text(self, onnx_run):
        run, _, _ = onnx_run
        row = run.samples.set_index("id").loc[EMPTY_ID]
        assert row["error"] is pd.NA
        assert row["metadata_length"] == 0


@pytest.mark.slow
def test_keras_toy(keras_toy):
    """The same command; probabilities are the model's own, latent vectors feed the last layer with weights."""
    import keras

    assert keras_toy.result.returncode == 1, keras_toy.result.stderr
    run = load_run(keras_toy.out)
    made = json.loads((keras_toy.folder / "samples.json").read_text())
    good = np.array([sample["id"] not in (BROKEN_ID, FUSSY_ID) for sample in made])
    model = keras.models.load_model(keras_toy.model, compile=False)
    embeddings, w1, b1, w2, b2 = model.get_weights()
    latent = np.maximum(embeddings[token_matrix(made)].mean(axis=1) @ w1 + b1, 0)
    probabilities = softmax(latent @ w2 + b2)
    np.testing.assert_allclose(run.latent[good], latent[good], atol=1e-5)
    assert run.info["latent"] == {"source": "input of the layer head", "dimensions": 5}
    for column, label in enumerate(LABELS):
        found = values(run.samples, f"probability_{label}")[good]
        np.testing.assert_allclose(found, probabilities[good, column], atol=1e-5)
    labelled = good & np.array([sample["label"] is not None for sample in made])
    truth = np.array([sample["label"] or 0 for sample in made])
    losses = -np.log(probabilities[np.arange(len(made)), truth])
    np.testing.assert_allclose(values(run.samples, "loss")[labelled], losses[labelled], rtol=1e-4, atol=1e-5)
    assert run.signatures is not None


@pytest.mark.slow
def test_image_toy(image_toy):
    """The same command, where nothing shows text: no signatures; latent vectors, losses and map all the same."""
    import keras

    assert image_toy.result.returncode == 0, image_toy.result.stderr
    run = load_run(image_toy.out)
    arrays = np.load(image_toy.folder / "images.npz")
    images, labels = arrays["images"], arrays["labels"]
    kernel, bias, w1, b1, w2, b2 = keras.models.load_model(image_toy.model, compile=False).get_weights()
    windows = np.lib.stride_tricks.sliding_window_view(images[..., 0], (3, 3), axis=(1, 2))
    features = np.maximum(np.einsum("nijab,abf->nijf", windows, kernel[:, :, 0]) + bias, 0)
    latent = np.maximum(features.reshape(len(images), -1) @ w1 + b1, 0)
    logits = latent @ w2 + b2
    np.testing.assert_allclose(run.latent, latent, rtol=1e-3, atol=1e-4)
    assert run.samples["id"].tolist() == [str(i) for i in range(len(images))]
    names = np.array(["left", "top", "dark"])
    assert run.samples["ground_truth"].tolist() == names[labels].tolist()
    assert run.samples["prediction"].tolist() == names[logits.argmax(axis=1)].tolist()
    losses = ((np.eye(3)[labels] - logits) ** 2).mean(axis=1)
    np.testing.assert_allclose(values(run.samples, "loss"), losses, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(values(run.samples, "metadata_brightness"), images.mean(axis=(1, 2, 3)), rtol=1e-5)
    np.testing.assert_allclose(values(run.samples, "probability_top"), softmax(logits)[:, 1], rtol=1e-3, atol=1e-5)
    assert run.signatures is None
    assert run.samples["map_x"].notna().all()
    assert run.info["options"]["projection"] == "umap"


@pytest.fixture(scope="module")
def drawn(onnx_toy, tmp_path_factory):
    out = tmp_path_factory.mktemp("drawn") / "run"
    options = ("--samples", 31, "--subset", "training", "--latent", "counts", "--projection", "pca", "--seed", 5)
    result = explorer("evaluate", onnx_toy.folder, "--model", onnx_toy.model, "--out", out, *options)
    return result, load_run(out), json.loads((onnx_toy.folder / "samples.json").read_text())


@pytest.mark.slow
class TestOptions:
    def test_balanced_and_counted(self, drawn):
        result, run, made = drawn
        assert "31 of 160" in result.stdout
        assert run.info["counts"]["training"]["evaluated"] == 31
        assert run.info["counts"]["training"]["available"] == 160
        assert list(run.info["counts"]) == ["training"]
        by_id = {sample["id"]: sample for sample in made}
        labels = [by_id[sample_id]["label"] for sample_id in run.samples["id"]]
        assert sorted(np.bincount(labels)) == [15, 16]
        assert run.samples["id"].tolist() == sorted(run.samples["id"])

    def test_custom_latent_space(self, drawn):
        _, run, made = drawn
        by_id = {sample["id"]: sample for sample in made}
        tokens = token_matrix([by_id[sample_id] for sample_id in run.samples["id"]])
        counts = np.array([np.bincount(row, minlength=len(VOCAB)) for row in tokens])
        good = run.samples["error"].isna().to_numpy(dtype=bool)
        np.testing.assert_array_equal(run.latent[good], counts[good])
        assert run.info["latent"] == {"source": "counts", "dimensions": len(VOCAB)}
        assert run.info["seed"] == 5


@pytest.mark.slow
class TestErrors:
    """Each is one sentence on stderr and exit code 1."""

    def assert_error(self, result, *messages):
        assert result.returncode == 1, result.stderr
        assert "Traceback" not in result.stderr
        assert "Error: " in result.stderr
        for message in messages:
            assert message in result.stderr
        assert result.stdout == ""

    def evaluate(self, toy, tmp_path, *options, model=None):
        return explorer("evaluate", toy.folder, "--model", model or toy.model, "--out", tmp_path / "run", *options)

    def test_unknown_subset(self, onnx_toy, tmp_path):
        result = self.evaluate(onnx_toy, tmp_path, "--subset", "test")
        self.assert_error(result, "There is no subset test; the integration has: training, validation, unlabeled.")
        assert names_in(tmp_path) == []

    def test_unknown_latent_space(self, onnx_toy, tmp_path):
        result = self.evaluate(onnx_toy, tmp_path, "--latent", "nope")
        self.assert_error(result, "There is no latent space nope; there are: model, counts.")

    def test_number_of_inputs(self, onnx_toy, tmp_path):
        nodes = [helper.make_node("MatMul", ["x", "w"], ["out"])]
        nodes.insert(0, helper.make_node("Relu", ["input"], ["x"]))
        weights = [constant("w", np.ones((LENGTH, 2)))]
        model = write_graph(tmp_path / "one.onnx", nodes, {"input": ["n", LENGTH]}, {"out": ["n", 2]}, weights)
        result = self.evaluate(onnx_toy, tmp_path, model=model)
        self.assert_error(result, "The model has 1 inputs; the integration feeds it 2 (tokens, attention_mask).")

    def test_shape_of_inputs(self, onnx_toy, tmp_path):
        model = write_onnx_model(tmp_path / "short.onnx", length=5)
        result = self.evaluate(onnx_toy, tmp_path, model=model)
        self.assert_error(result, "does not take the integration's inputs (tokens (12,), attention_mask (12,))")

    @pytest.mark.parametrize("name", ["gone.onnx", "model.pt", "damaged.onnx"])
    def test_model_file(self, onnx_toy, tmp_path, name):
        if name != "gone.onnx":
            (tmp_path / name).write_bytes(b"not a model")
        self.assert_error(self.evaluate(onnx_toy, tmp_path, model=tmp_path / name), name)

    def test_no_integration(self, onnx_toy, tmp_path):
        result = explorer("evaluate", tmp_path, "--model", onnx_toy.model, "--out", tmp_path / "run")
        self.assert_error(result, "is no Tensorleap integration")

    def test_folder_of_something_else(self, onnx_toy, tmp_path):
        (tmp_path / "run").mkdir()
        (tmp_path / "run" / "thesis.txt").write_text("mine")
        self.assert_error(self.evaluate(onnx_toy, tmp_path), "is no run, and a run would replace it")
        assert (tmp_path / "run" / "thesis.txt").read_text() == "mine"


def start(toy_folder, model, out, **variables):
    """The command in a process group of its own, as a terminal starts it."""
    command = [sys.executable, "-m", "leap_explorer", "evaluate", toy_folder, "--model", model, "--out", out]
    return subprocess.Popen(
        [*map(str, command), "--projection", "pca"],
        env=environment(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for(is_so, what):
    """Poll until it is so."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, f"{what} did not come in {PATIENCE} s"
        time.sleep(0.05)


def children(pid):
    """Process ids of a process's children."""
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(one) for one in listed.stdout.split()]


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def running():
    """Processes that are ended with the test, whatever comes of it."""
    processes = []
    yield processes
    for process in processes:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


@pytest.mark.slow
def test_interrupted_twice_it_gives_the_same_run(tmp_path, running):
    """By Ctrl-C, then by kill -9, each while a worker is busy, and with a part cut off and the clock set back, in
    folders of odd names: the run has the same bytes."""
    folder, out = tmp_path / "my int\u00e9gration", tmp_path / "mes r\u00e9sultats" / "toy"
    model = write_onnx_toy(folder, text_samples(training=1400, validation=80, unlabeled=20))
    work = out.with_name(".toy.partial")

    interrupted = start(folder, model, out, TOY_HOLD="training-0300")
    running.append(interrupted)
    wait_for((work / "part-00000.parquet").exists, "the first part")
    workers = children(interrupted.pid)
    assert workers
    os.killpg(interrupted.pid, signal.SIGINT)
    _, errors = interrupted.communicate(timeout=PATIENCE)
    assert interrupted.returncode == 130, errors
    assert "the same command resumes from there" in errors
    assert "Traceback" not in errors
    wait_for(lambda: not any(map(is_alive, workers)), "the end of the workers")
    assert not out.exists()
    first = (work / "part-00000.parquet").stat()

    killed = start(folder, model, out, TOY_HOLD="training-0800")
    running.append(killed)
    wait_for((work / "part-00002.parquet").exists, "the third part")
    workers = children(killed.pid)
    assert workers
    killed.kill()
    killed.communicate(timeout=PATIENCE)
    wait_for(lambda: not any(map(is_alive, workers)), "the end of the workers")
    assert (work / "part-00000.parquet").stat().st_mtime_ns == first.st_mtime_ns

    cut = work / "part-00001.parquet"
    cut.write_bytes(cut.read_bytes()[:1000])
    later = 4e9  # seconds; in 2096: to a clock that was set back what was done lies ahead
    for file in (work, *work.iterdir(), *out.parent.iterdir()):
        os.utime(file, (later, later))
    resumed = explorer("evaluate", folder, "--model", model, "--out", out, "--projection", "pca")
    assert "Evaluating: 512 of 1,500" in resumed.stderr, resumed.stderr
    assert not work.exists()
    other = out.with_name("other")
    whole = explorer("evaluate", folder, "--model", model, "--out", other, "--projection", "pca")
    assert whole.returncode == resumed.returncode == 1
    for name in SAME_FILES:
        assert (out / name).read_bytes() == (other / name).read_bytes(), name
    infos = [load_run(run).info | {"created": None} for run in (out, other)]
    assert infos[0] == infos[1]


@pytest.mark.slow
def test_the_second_of_two_evaluations_of_one_output_waits(tmp_path, running):
    """Until the first ends, here by kill -9; then it goes on with what the first has left."""
    folder, out = tmp_path / "integration", tmp_path / "runs" / "toy"
    model = write_onnx_toy(folder, text_samples(training=300, validation=40, unlabeled=0))
    first = start(folder, model, out, TOY_HOLD="training-0290")
    running.append(first)
    wait_for((out.with_name(".toy.partial") / "part-00000.parquet").exists, "the first part")
    second = start(folder, model, out)
    running.append(second)
    lines = []
    while not lines or "waiting" not in lines[-1]:
        lines.append(second.stderr.readline())
        assert lines[-1], "it ended"
    assert lines[-1] == f"Another evaluation is writing {out}: waiting until it ends.\n"
    assert second.poll() is None
    first.kill()
    _, errors = second.communicate(timeout=PATIENCE)
    assert "Evaluating: 256 of 340" in errors
    assert second.returncode == 1, errors  # some of the toy's samples are broken
    assert len(load_run(out).samples) == 340
    assert names_in(out.parent) == [".toy.lock", "toy"]


@pytest.mark.slow
class TestAgain:
    @pytest.fixture
    def toy(self, onnx_toy, tmp_path):
        """A copy: (integration, model, run)"""
        folder, out = tmp_path / "integration", tmp_path / "runs" / "toy"
        shutil.copytree(onnx_toy.folder, folder)
        shutil.copytree(onnx_toy.out, out)
        return folder, folder / "model.onnx", out

    def evaluate(self, toy, *options):
        folder, model, out = toy
        return explorer("evaluate", folder, "--model", model, "--out", out, "--projection", "pca", *options)

    def test_a_finished_run_is_returned(self, toy):
        *_, out = toy
        before = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
        result = self.evaluate(toy)
        assert result.returncode == 1
        assert "Evaluating" not in result.stderr
        assert "160 of 160" in result.stdout
        assert {path.name: path.stat().st_mtime_ns for path in out.iterdir()} == before

    def test_other_code(self, toy):
        folder, _, out = toy
        entry = folder / "integration.py"
        entry.write_text(entry.read_text().replace("return len(words_of(", "return 1 + len(words_of("))
        before = load_run(out)
        lengths = values(before.samples, "metadata_length")
        work = out.with_name(".toy.partial")
        work.mkdir()
        (work / "plan.json").write_text('{"fingerprint": "of another plan"}')
        (work / "part-00000.parquet").write_bytes(b"of another plan")
        assert "Evaluating" in self.evaluate(toy).stderr
        after = load_run(out)
        assert after.info["integration"]["sha256"] != before.info["integration"]["sha256"]
        np.testing.assert_array_equal(values(after.samples, "metadata_length"), lengths + 1)
        assert names_in(out.parent) == [".toy.lock", "toy"]

    def test_another_explorer(self, toy, tmp_path):
        """A copy of the package with one comment more, found before the package itself."""
        *_, out = toy
        copy = tmp_path / "copy" / "leap_explorer"
        shutil.copytree(ROOT / "leap_explorer", copy, ignore=shutil.ignore_patterns("__pycache__"))
        with (copy / "population" / "clusters.py").open("a") as file:
            file.write("# changed\n")
        before = load_run(out).info
        folder, model, out = toy
        command = [sys.executable, "-m", "leap_explorer", "evaluate", folder, "--model", model, "--out", out]
        result = subprocess.run(
            [*map(str, command), "--projection", "pca"],
            cwd=copy.parent,
            env=environment() | {"PYTHONPATH": str(copy.parent)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Evaluating" in result.stderr
        after = load_run(out).info
        assert after["explorer_sha256"] != before["explorer_sha256"]
        assert after["data_sha256"] == before["data_sha256"]

    def test_history_of_the_training(self, toy):
        folder, _, out = toy
        history = folder / "model.history.json"
        history.write_text('{"epochs": [{"loss": 0.5}]}')
        assert "Evaluating" in self.evaluate(toy).stderr
        assert load_run(out).info["history"] == {"epochs": [{"loss": 0.5}]}
        assert "Evaluating" not in self.evaluate(toy).stderr
        history.write_text('{"epochs": [')
        result = self.evaluate(toy)
        assert result.returncode == 1
        assert "model.history.json cannot be read" in result.stderr
        assert "Traceback" not in result.stderr
        assert load_run(out).info["history"] == {"epochs": [{"loss": 0.5}]}

    def test_other_model_and_the_old_run_meanwhile(self, toy, running):
        folder, model, out = toy
        before = {path.name: path.read_bytes() for path in out.iterdir()}
        write_onnx_model(model, sign=-1.0)
        process = start(folder, model, out, TOY_HOLD="validation-0050")
        running.append(process)
        wait_for((out.with_name(".toy.partial") / "part-00000.parquet").exists, "the first part")
        process.kill()
        process.communicate(timeout=PATIENCE)
        assert {path.name: path.read_bytes() for path in out.iterdir()} == before
        old = load_run(out).info["model"]["sha256"]
        self.evaluate(toy)
        assert load_run(out).info["model"]["sha256"] != old
        assert names_in(out.parent) == [".toy.lock", "toy"]


@pytest.mark.slow
def test_a_damaged_run_counts_as_none(onnx_toy, tmp_path):
    out = tmp_path / "run"
    shutil.copytree(onnx_toy.out, out)
    assert _fingerprint_of(out) == load_run(out).info["fingerprint"]
    path = out / "samples.parquet"
    path.write_bytes(path.read_bytes()[:1000])
    assert _fingerprint_of(out) is None
