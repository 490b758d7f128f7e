"""The bundle of `leap push`: what is in it, and that it stands on its own in a new environment."""

import json
import re
import shutil
import sys
import tarfile
from pathlib import Path

import pytest

from bundle import bundle_files, expand, imports, needed_files, pack, read_leap_yaml
from environments import make_environment, run_checked
from IMDb.config import ROOT, load_config
from IMDb.model_specs import MODELS
from IMDb.text.features import BERT_TOKENIZER_DIR, WORD_TOKENIZER_PATH

MAX_BYTES = 2_000_000
TOKENIZERS = {"dense": WORD_TOKENIZER_PATH, "bert": BERT_TOKENIZER_DIR}


def write_files(root, files):
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def leap_yaml(include="", exclude="", entry="entry.py"):
    return f'projectId: ""\nsecretId: ""\npythonVersion: py311\nentryFile: {entry}\n{include}\n{exclude}\n'


@pytest.fixture
def files(tmp_path):
    """A function that tells what is packed of a small project with the given patterns."""
    write_files(tmp_path, dict.fromkeys(["entry.py", "a.py", "p/b.py", "p/q/c.py", "p/q/.d.py", "p/q/e.txt"], ""))

    def packed(**patterns):
        write_files(tmp_path, {"leap.yaml": leap_yaml(**patterns)})
        return bundle_files(tmp_path)

    return packed


def test_star_stays_in_its_folder(files):
    assert files(include="include: ['p/*']") == {"entry.py", "p/b.py"}


def test_two_stars_cross_folders_and_zero_of_them(files):
    assert files(include="include: ['p/**/*.py']") == {"entry.py", "p/b.py", "p/q/c.py", "p/q/.d.py"}


def test_without_include_everything_is_packed(files):
    assert files() == {"leap.yaml", "entry.py", "a.py", "p/b.py", "p/q/c.py", "p/q/.d.py", "p/q/e.txt"}


def test_exclude_wins_but_over_the_entry_file(files):
    assert files(include="include: ['**/*.py']", exclude="exclude: ['p/q/**', '*.py']") == {"entry.py", "p/b.py"}


def test_unknown_key_is_an_error(files):
    with pytest.raises(TypeError, match="excludes"):
        files(exclude="excludes: ['p/**']")


def test_braces_are_an_error(files):
    with pytest.raises(ValueError, match="braces"):
        files(include="include: ['{a,b}.py']")


def test_needed_files_follow_every_kind_of_import(tmp_path):
    write_files(
        tmp_path,
        {
            "entry.py": "import os\nimport p.a\ndef f():\n    from p import b\nif os:\n    from p.c import name\n",
            **dict.fromkeys(["p/__init__.py", "p/a.py", "p/b.py", "p/c.py", "p/d.py"], ""),
        },
    )
    assert needed_files(tmp_path, "entry.py") == {"entry.py", "p/__init__.py", "p/a.py", "p/b.py", "p/c.py"}


def test_imports_tell_lazy_ones():
    source = "import a\nclass C:\n    import b\ndef f():\n    import c\nif TYPE_CHECKING:\n    import d\n"
    assert {found.name: found.is_lazy for found in imports(source)} == {"a": False, "b": False, "c": True, "d": True}


def test_leap_yaml_names_what_is_there():
    settings = read_leap_yaml(ROOT)
    assert (ROOT / settings.entryFile).is_file()
    assert re.fullmatch(r"py3(11|12)", settings.pythonVersion)
    assert not settings.secretId
    for pattern in settings.include + settings.exclude:
        if not pattern.startswith("models/bert/"):  # which `imdb train bert` makes
            assert expand(ROOT, [pattern]), f"{pattern} in leap.yaml matches no file"


def test_bundle_holds_the_python_files_that_the_entry_file_needs_and_no_other():
    packed = {name for name in bundle_files(ROOT) if name.endswith(".py")}
    needed = needed_files(ROOT, read_leap_yaml(ROOT).entryFile)
    assert not needed - packed, f"leap.yaml leaves out: {sorted(needed - packed)}"
    assert not packed - needed, f"not needed on the platform, add to `exclude` in leap.yaml: {sorted(packed - needed)}"


def test_bundle_holds_settings_requirements_tokenizers_and_records_of_training():
    others = {name for name in bundle_files(ROOT) if not name.endswith(".py")}
    tokenizers = {path for path in TOKENIZERS.values() if path.exists()}
    expected = {
        path for tokenizer in tokenizers for path in (tokenizer.iterdir() if tokenizer.is_dir() else [tokenizer])
    }
    expected |= {spec.seen_path for spec in MODELS.values()}
    assert others == {"leap.yaml", "requirements.txt", "IMDb/config.yaml"} | {
        path.relative_to(ROOT).as_posix() for path in expected
    }


def test_bundle_holds_no_model_and_is_small(tmp_path):
    models = {spec.path.relative_to(ROOT).as_posix() for spec in MODELS.values()}
    assert not models & bundle_files(ROOT)
    pack(ROOT, tmp_path / "bundle.tar.gz")
    assert (tmp_path / "bundle.tar.gz").stat().st_size < MAX_BYTES


def test_bundle_needs_no_bucket_and_no_credentials():
    cloud = re.compile(r"gs://|s3://|google\.cloud|boto3|AUTH_SECRET|PRIVATE KEY-----|AKIA[0-9A-Z]{16}")
    for name in bundle_files(ROOT):
        found = cloud.search((ROOT / name).read_text(encoding="latin-1"))
        assert found is None, f"{name} mentions {found.group() if found else ''}"


@pytest.fixture(scope="module")
def bundle_python(tmp_path_factory):
    """A new environment with requirements.txt and nothing else."""
    folder = tmp_path_factory.mktemp("environment")
    yield make_environment(folder, Path(sys.executable), "--requirement", str(ROOT / "requirements.txt"))
    shutil.rmtree(folder)  # pytest would keep three of them


@pytest.fixture
def unpacked(tmp_path):
    """The bundle in a folder of its own."""
    pack(ROOT, tmp_path / "bundle.tar.gz")
    folder = tmp_path / "bundle"
    with tarfile.open(tmp_path / "bundle.tar.gz") as tar:
        tar.extractall(folder, filter="data")
    return folder


def check_on_platform(python, folder, model):
    """The report of `check_bundle.py`. The user's home is an empty folder: nothing that lies there can help."""
    around = folder.parent
    (around / "home").mkdir()
    variables = {
        "IS_TENSORLEAP_PLATFORM": "true",
        "TL_DISABLE_ANALYTICS": "1",
        "IMDB_CACHE_DIR": str(around / "cache"),
        "IMDB_MODEL": model,
        "HOME": str(around / "home"),
    }
    script, report = Path(__file__).with_name("check_bundle.py"), around / "report.json"
    # -I: neither the script's folder nor the current one is on the path
    run_checked([python, "-I", script, folder, read_leap_yaml(folder).entryFile, report], cwd=folder, **variables)
    return json.loads(report.read_text(encoding="utf-8"))


@pytest.mark.slow
@pytest.mark.platform
@pytest.mark.parametrize("model", list(MODELS))
def test_bundle_stands_on_its_own(bundle_python, unpacked, model):
    if not TOKENIZERS[model].exists():
        pytest.skip(f"no tokenizer of {model} yet: `imdb train {model}` makes it")
    report = check_on_platform(bundle_python, unpacked, model)
    assert report["is_valid"], report["errors"]
    assert {Path(path).is_relative_to(unpacked) for path in report["modules"].values()} == {True}
    assert {"IMDb.config", "leap_binder"} <= set(report["modules"])
    assert not report["heavy_installed"]
    assert not report["heavy_imported"]

    settings = load_config()
    length = getattr(settings, model).max_length
    for state, sample in report["samples"].items():
        assert sample["inputs"] == {name: ["float32", length] for name in MODELS[model].input_names}, state
        assert sample["tokens_read"][MODELS[model].input_names[0]] > 0, state
        assert sorted(sample["gt"]["sentiment"]) == [0.0, 1.0], state
    assert {state: sample["count"] for state, sample in report["samples"].items()} == {
        "training": pytest.approx(25_000 * (1 - settings.validation_share), rel=0.01),
        "validation": pytest.approx(25_000 * settings.validation_share, rel=0.05),
    }


@pytest.mark.slow
@pytest.mark.platform
def test_bundle_without_a_needed_file_is_refused(bundle_python, unpacked):
    (unpacked / "models" / "tokenizer.json").unlink()
    report = check_on_platform(bundle_python, unpacked, "dense")
    assert not report["is_valid"]
    assert "No tokenizer" in str(report["errors"])
