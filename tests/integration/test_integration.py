"""The integration on real reviews, as code-loader sees it. Each check has a process of its own: code-loader's binder is
one a process. The expensive ones run once and are shared."""

import os
import pickle
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

import leap_test
from IMDb.config import LABELS, ROOT, load_config
from IMDb.metadata import OOV_TYPES, READABILITY_TYPES, TEXT_TYPES, TOKEN_TYPES
from IMDb.model_specs import MODELS
from IMDb.models.dense import input_matrix
from IMDb.models.history import read_history, shipped_entry
from IMDb.reviews.dataset import load_dataset
from IMDb.text.features import WORD_TOKENIZER_PATH
from IMDb.text.tokenizers import WordTokenizer

CLI = ("-c", "from IMDb.commands.main import main; main()")
PER_SUBSET = 100
HEAVY = {"tensorflow", "keras", "onnxruntime", "torch", "transformers", "textblob", "textstat"}

# Loaded by every Python process at its start: refuses, and notes, each look-up or connection beyond this machine
NETWORK_GUARD = """
import os, socket

def _refuse(address):
    with open(os.environ["SOCKET_LOG"], "a") as log:
        print(address, file=log)
    raise OSError(f"the test refuses a connection to {address}")

def _guarded(real, host_of):
    def call(*arguments, **options):
        host = host_of(arguments)
        if host is not None and str(host) not in ("127.0.0.1", "::1", "localhost", ""):
            _refuse(host)
        return real(*arguments, **options)
    return call

def _address(arguments):
    return arguments[1][0] if isinstance(arguments[1], tuple) else None

socket.socket.connect = _guarded(socket.socket.connect, _address)
socket.socket.connect_ex = _guarded(socket.socket.connect_ex, _address)
socket.getaddrinfo = _guarded(socket.getaddrinfo, lambda arguments: arguments[0])
"""

# python -c SAMPLES root out.pickle count: `count` samples of each subset, spread evenly
SAMPLES = """
import pickle, sys
import numpy as np
from code_loader import LeapLoader

root, target, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
loader = LeapLoader(code_path=root, code_entry_name="leap_integration.py")
result = loader.check_dataset()
assert result.is_valid, result
samples = []
for state, ids in loader.get_preprocess_sample_ids().items():
    for position in np.linspace(0, len(ids) - 1, min(count, len(ids)), dtype=int):
        sample_id = ids[position]
        sample = loader.get_sample(state, sample_id)
        samples.append({
            "id": sample_id, "state": state.name, "inputs": sample.inputs, "gt": loader.get_gt(state, sample_id),
            "metadata": sample.metadata, "is_none": sample.metadata_is_none, "latent": sample.custom_latent_spaces,
        })
with open(target, "wb") as file:
    pickle.dump(samples, file)
"""

# python -c ACCURACY root model: the registered metric over the whole validation subset
ACCURACY = """
import sys
import numpy as np
from code_loader import LeapLoader
from code_loader.contract.enums import DataStateEnum
from leap_explorer.silent_imports import import_keras

loader = LeapLoader(code_path=sys.argv[1], code_entry_name="leap_integration.py")
state = DataStateEnum.validation
ids = loader.get_preprocess_sample_ids()[state]
samples = [loader.get_sample(state, sample_id) for sample_id in ids]
model = import_keras().models.load_model(sys.argv[2], compile=False)
logits = model.predict(np.stack([sample.inputs["tokens"] for sample in samples]), batch_size=512, verbose=0)
truth = np.stack([sample.gt["sentiment"] for sample in samples])
values = loader.run_metric("accuracy", np.array(ids), state, {"sentiment": truth, "prediction": logits})
print("accuracy", len(values), float(np.mean(values)))
"""


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory):
    """Environment of the processes: a cache of their own, no setting of the user, no network."""
    folder = tmp_path_factory.mktemp("surroundings")
    (folder / "sitecustomize.py").write_text(NETWORK_GUARD)
    unset = {
        name: value for name, value in os.environ.items() if not name.startswith(("IMDB_", "IS_TENSORLEAP", "TL_"))
    }
    return unset | {
        "IMDB_CACHE_DIR": str(folder / "cache"),
        "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}",
        "PYTHONWARNINGS": "default",
        "SOCKET_LOG": str(folder / "sockets.log"),
        "TL_DISABLE_ANALYTICS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }


def run(surroundings, *arguments, cwd=ROOT, **variables):
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        env=surroundings | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def take_samples(surroundings, folder, count=PER_SUBSET, **variables):
    target = folder / "samples.pickle"
    process = run(surroundings, "-c", SAMPLES, ROOT, target, count, **variables)
    assert process.returncode == 0, process.stderr
    return pickle.loads(target.read_bytes())


def assert_all_ticked(process):
    """Every row of code-loader's status table has its tick, and nothing is complained of."""
    assert process.returncode == 0, process.stderr
    rows = re.findall(r"^(tensorleap_\w+).*\| (.*)$", process.stdout, re.MULTILINE)
    assert len(rows) >= 9
    assert {mark.strip() for _, mark in rows} == {"✅"}
    for complaint in ("❌", "❔", "?", "⚠", "Warning", "warning"):
        assert complaint not in process.stdout + process.stderr


@pytest.fixture(scope="module")
def checked(surroundings):
    """`imdb check`."""
    return run(surroundings, *CLI, "check")


@pytest.fixture(scope="module")
def integration_run(surroundings):
    return run(surroundings, "leap_integration.py")


@pytest.fixture(scope="module")
def samples(surroundings, tmp_path_factory):
    """Of the bundled reviews."""
    return take_samples(surroundings, tmp_path_factory.mktemp("samples"))


@pytest.fixture(scope="module")
def reviews():
    """The bundled reviews by id."""
    config = load_config().model_copy(update={"data": "bundled", "model": "dense"})
    return load_dataset(config).set_index("id")


@pytest.fixture(scope="module")
def tokenizer():
    return WordTokenizer.load(WORD_TOKENIZER_PATH)


@pytest.fixture(scope="module")
def acl_folder(tmp_path_factory):
    """A small release with each of its parts, and reviews without a word."""
    folder = tmp_path_factory.mktemp("data") / "aclImdb"
    texts = {"neg": "A dull film, number", "pos": "A great film, number", "unsup": "A film, number"}
    for split, kinds, count in (("train", ("neg", "pos", "unsup"), 30), ("test", ("neg", "pos"), 6)):
        for kind in kinds:
            (folder / split / kind).mkdir(parents=True)
            stars = {"neg": 2, "pos": 9, "unsup": 0}[kind]
            for number in range(count):
                text = "!!!" if number == 0 else f"{texts[kind]} {number} of the {split} reviews.<br />"
                (folder / split / kind / f"{number}_{stars}.txt").write_text(text)
    return folder


@pytest.fixture(scope="module")
def bad_table(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "bad.csv"
    path.write_text("text,label\nGood,pos\nBad,awful\n")
    return path


@pytest.fixture(scope="module")
def broken_tree(tmp_path_factory):
    """A copy of the integration whose input encoder gives the wrong type."""
    folder = tmp_path_factory.mktemp("tree")
    shutil.copytree(ROOT / "IMDb", folder / "IMDb", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "models").symlink_to(ROOT / "models")
    for name in ("leap_binder.py", "leap_integration.py", "leap_test.py"):
        shutil.copy(ROOT / name, folder)
    binder = (folder / "leap_binder.py").read_text(encoding="utf-8")
    sound = "FEATURES.padded_ids(text_of(sample_id, response))\n\n    INPUT_ENCODERS = [tokens]"
    assert binder.count(sound) == 1
    broken = sound.replace("response))", "response)).astype(np.float64)")
    (folder / "leap_binder.py").write_text(binder.replace(sound, broken), encoding="utf-8")
    return folder


@pytest.mark.slow
class TestIntegrationTest:
    def test_every_row_is_ticked(self, integration_run):
        assert_all_ticked(integration_run)

    def test_several_samples_of_each_subset_and_one_of_each_simulation(self, integration_run):
        assert integration_run.stdout.count("Successful!") == 2 * 5 + 9

    def test_bad_data(self, surroundings, bad_table):
        process = run(surroundings, "leap_integration.py", IMDB_DATA=str(bad_table))
        assert process.returncode == 1
        assert "bad.csv, row 2: label 'awful' is unknown" in process.stderr

    def test_wrong_type(self, surroundings, broken_tree):
        process = run(surroundings, "leap_integration.py", cwd=broken_tree, PYTHONPATH="")
        assert process.returncode != 0
        assert "float32" in process.stderr + process.stdout


@pytest.mark.slow
class TestLeapTest:
    def test_both_modes_pass(self, surroundings):
        process = run(surroundings, "leap_test.py")
        assert process.returncode == 0, process.stderr
        assert "FAILED" not in process.stdout + process.stderr
        assert [line for line in process.stdout.splitlines() if line.endswith(" mode")] == [
            "local mode",
            "platform mode",
        ]
        assert (
            re.findall(r"ok: 5 of ([\d,]+) (\w+)", process.stdout)
            == [
                ("22,505", "training"),
                ("2,495", "validation"),
            ]
            * 2
        )
        assert process.stdout.count("ok: 9 simulations") == 2

    def test_wrong_type(self, surroundings, broken_tree):
        process = run(surroundings, "leap_test.py", cwd=broken_tree, PYTHONPATH="")
        assert process.returncode == 1
        assert process.stderr.count("input tokens is float64, not float32") == 2

    def test_bad_data(self, surroundings, bad_table):
        process = run(surroundings, "leap_test.py", IMDB_DATA=str(bad_table))
        assert process.returncode == 1
        assert process.stderr.count("FAILED") == 2
        assert "parsed" not in process.stdout
        assert "bad.csv, row 2: label 'awful' is unknown" in process.stderr


@pytest.mark.parametrize(("codes", "expected"), [((0, 0), 0), ((0, 1), 1), ((1, 0), 1), ((-11, 0), 1), ((0, -9), 1)])
def test_leap_test_fails_with_either_mode(monkeypatch, codes, expected):
    """-11: the process of that mode crashed."""
    remaining = list(codes)
    monkeypatch.setattr(sys, "argv", ["leap_test.py"])
    monkeypatch.setattr(
        subprocess, "run", lambda command, check: subprocess.CompletedProcess(command, remaining.pop(0))
    )
    assert leap_test.main() == expected
    assert not remaining


@pytest.mark.slow
class TestCheckCommand:
    def test_everything_holds(self, checked):
        assert checked.returncode == 0, checked.stderr
        assert "25,000 reviews from bundled" in checked.stdout
        assert "platform mode" in checked.stdout
        assert "All checks passed. Push it with: leap push -m models/dense.h5 --type H5_TF2" in checked.stdout
        assert "FAILED" not in checked.stdout + checked.stderr

    def test_accuracy_is_printed(self, checked):
        history = read_history(MODELS["dense"].history_path)
        accuracy = shipped_entry(history)["validation_accuracy"]
        found = re.search(
            r"validation accuracy ([\d.]+) % \(([\d.]+)-([\d.]+)\), 95 % interval, n = 2,495", checked.stdout
        )
        assert found, checked.stdout
        share, low, high = map(float, found.groups())
        assert share == pytest.approx(100 * accuracy, abs=0.1)
        assert share >= 90
        assert low < share < high

    def test_bad_data(self, surroundings, bad_table):
        process = run(surroundings, *CLI, "check", "--data", bad_table)
        assert process.returncode == 1
        assert process.stderr.strip() == (
            f"Error: {bad_table}, row 2: label 'awful' is unknown; use 0, 1, neg, pos, negative or positive."
        )

    def test_no_network(self, surroundings, checked, integration_run, samples):
        """None of the processes above asked for anything beyond this machine; the last two here do."""
        log = surroundings["SOCKET_LOG"]
        assert not os.path.exists(log)  # noqa: PTH110
        for call in ('socket.create_connection(("192.0.2.1", 80), 1)', 'socket.getaddrinfo("example.invalid", 80)'):
            process = run(surroundings, "-c", f"import socket; {call}", SOCKET_LOG=f"{log}.control")
            assert "the test refuses a connection" in process.stderr


@pytest.mark.slow
class TestSamples:
    def test_subsets(self, samples):
        assert {sample["state"] for sample in samples} == {"training", "validation"}
        assert len(samples) == 2 * PER_SUBSET

    def test_inputs_are_the_tokenizers_ids(self, samples, reviews, tokenizer):
        for sample in samples:
            (expected,) = input_matrix([reviews.loc[sample["id"], "text"]], tokenizer)
            assert list(sample["inputs"]) == ["tokens"]
            assert sample["inputs"]["tokens"].dtype == np.float32
            assert np.array_equal(sample["inputs"]["tokens"], expected)

    def test_ground_truth_agrees_with_the_label(self, samples, reviews):
        seen = set()
        for sample in samples:
            truth = sample["gt"]["sentiment"]
            label = reviews.loc[sample["id"], "label"]
            assert truth.dtype == np.float32
            assert truth.tolist() == [float(index == label) for index in range(len(LABELS))]
            assert (
                sample["metadata"]["label"]
                == LABELS[label]
                == {"neg": "negative", "pos": "positive"}[sample["id"][6:9]]
            )
            seen.add(int(label))
        assert seen == {0, 1}

    def test_metadata_are_finite(self, samples):
        numbers = {
            *(f"text_{name}" for name in TEXT_TYPES),
            *(f"readability_{name}" for name in READABILITY_TYPES),
            *(f"oov_{name}" for name in OOV_TYPES),
            *(f"tokens_{name}" for name in TOKEN_TYPES),
            "polarity",
            "subjectivity",
        }
        for sample in samples:
            assert set(sample["metadata"]) == numbers | {"polarity_disagrees", "label", "rating"}
            assert [name for name, is_none in sample["is_none"].items() if is_none] == ["rating"]  # no source of stars
            for name in numbers:
                assert np.isfinite(sample["metadata"][name]), (sample["id"], name)

    def test_latent_space(self, samples):
        for sample in samples:
            (vector,) = sample["latent"].values()
            assert vector.shape == (256,)
            assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)

    def test_a_fresh_process_gives_the_same(self, surroundings, samples, tmp_path):
        again = take_samples(surroundings, tmp_path, IMDB_CACHE_DIR=str(tmp_path / "cache"), PYTHONHASHSEED="1")
        assert len(again) == len(samples)
        for first, second in zip(samples, again, strict=True):
            for part in ("inputs", "gt", "latent"):
                assert first[part].keys() == second[part].keys()
                assert all(np.array_equal(first[part][name], second[part][name]) for name in first[part])
            for part in ("id", "state", "is_none"):
                assert first[part] == second[part]
            assert {name: str(value) for name, value in first["metadata"].items()} == {
                name: str(value) for name, value in second["metadata"].items()
            }

    def test_validation_accuracy(self, surroundings):
        """The shipped weights, over code-loader's samples and by the registered metric, do as their history says."""
        process = run(surroundings, "-c", ACCURACY, ROOT, MODELS["dense"].path)
        assert process.returncode == 0, process.stderr
        count, accuracy = re.search(r"^accuracy (\d+) ([\d.]+)$", process.stdout, re.MULTILINE).groups()
        history = read_history(MODELS["dense"].history_path)
        assert int(count) == history["reviews"]["validation"]
        assert float(accuracy) == pytest.approx(shipped_entry(history)["validation_accuracy"], abs=1e-3)
        assert float(accuracy) >= 0.90


@pytest.fixture(scope="module")
def acl_samples(surroundings, acl_folder, tmp_path_factory):
    return take_samples(surroundings, tmp_path_factory.mktemp("acl"), 1000, IMDB_DATA=str(acl_folder))


@pytest.mark.slow
class TestAclImdb:
    def test_integration_test(self, surroundings, acl_folder):
        process = run(surroundings, "leap_integration.py", IMDB_DATA=str(acl_folder))
        assert_all_ticked(process)
        assert process.stdout.count("Successful!") == 4 * 5 + 9

    def test_leap_test(self, surroundings, acl_folder):
        process = run(surroundings, "leap_test.py", IMDB_DATA=str(acl_folder))
        assert process.returncode == 0, process.stderr
        counts = [("2,000", "training"), ("60", "validation"), ("12", "test"), ("30", "unlabeled")]
        assert re.findall(r"ok: 5 of ([\d,]+) (\w+)", process.stdout) == counts * 2

    def test_subsets(self, acl_samples):
        counts = {}
        for sample in acl_samples:
            counts[sample["state"]] = counts.get(sample["state"], 0) + 1
        assert counts == {"training": 1000, "validation": 60, "test": 12, "unlabeled": 30}

    def test_unlabelled_reviews(self, acl_samples):
        unlabelled = [sample for sample in acl_samples if sample["state"] == "unlabeled"]
        for sample in unlabelled:
            assert sample["id"].startswith("train-unsup-")
            assert sample["gt"]["sentiment"].shape == (0,)
            assert sample["gt"]["sentiment"].dtype == np.float32
            missing = {name for name, is_none in sample["is_none"].items() if is_none}
            is_wordless = sample["id"].endswith("-0_0")
            of_words = {f"readability_{name}" for name in READABILITY_TYPES} if is_wordless else set()
            assert missing == {"label", "rating", "polarity_disagrees"} | of_words

    def test_stars(self, acl_samples):
        for sample in acl_samples:
            if sample["state"] in ("validation", "test"):  # the training reviews are borrowed, and without stars
                assert sample["metadata"]["rating"] == (9 if "-pos-" in sample["id"] else 2)

    def test_a_review_without_a_word(self, acl_samples, tokenizer):
        wordless = [sample for sample in acl_samples if re.search(r"-0_\d$", sample["id"])]
        assert len(wordless) == 5
        for sample in wordless:
            assert sample["inputs"]["tokens"][:2].tolist() == [tokenizer.oov_id, tokenizer.pad_id]
            assert all(np.isfinite(value) for value in sample["metadata"].values() if isinstance(value, float))


def test_the_binder_imports_nothing_heavy(surroundings):
    process = run(surroundings, "-c", "import sys, leap_binder; print(*sorted(sys.modules))")
    assert process.returncode == 0, process.stderr
    modules = process.stdout.split()
    assert "leap_binder" in modules
    assert not HEAVY & {name.split(".")[0] for name in modules}
