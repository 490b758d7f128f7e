"""The runs in models/runs: whole, small, without texts, and what the shipped models give on the real reviews."""

import hashlib
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from IMDb.config import MODELS_DIR, ROOT, load_config
from IMDb.model_specs import MODELS
from IMDb.models.history import read_history, shipped_entry
from IMDb.reviews.dataset import SPLITS, load_dataset
from leap_explorer.runs.run import load_run

RUNS = MODELS_DIR / "runs"
NAMES = ("dense", "bert")


@pytest.fixture(scope="module", params=NAMES)
def run(request):
    return load_run(RUNS / request.param)


@pytest.fixture(scope="module")
def reviews():
    return load_dataset(load_config())


def test_it_is_of_the_shipped_model(run):
    model = MODELS[run.name].path
    assert run.info["model"]["sha256"] == hashlib.sha256(model.read_bytes()).hexdigest()
    assert run.info["history"] == read_history(MODELS[run.name].history_path)


def test_it_has_every_review(run, reviews):
    in_order = [review for split in SPLITS for review in reviews.loc[reviews["split"] == split, "id"]]
    assert run.samples["id"].tolist() == in_order  # the integration's: subset by subset, as docs/reference/runs.md says
    assert run.samples["id"].is_unique
    assert run.samples["error"].isna().all()
    assert len(run.latent) == len(run.samples)
    assert np.isfinite(run.latent).all()
    counts = {subset: count["evaluated"] for subset, count in run.info["counts"].items()}
    assert counts == reviews["split"].value_counts().to_dict()


def test_its_validation_scores_are_those_of_the_history(run):
    held_out = run.samples[run.samples["subset"] == "validation"]
    entry = shipped_entry(run.info["history"])
    assert (held_out["prediction"] == held_out["ground_truth"]).mean() == pytest.approx(
        entry["validation_accuracy"], abs=1 / len(held_out)
    )
    assert held_out["loss"].mean() == pytest.approx(entry["validation_loss"], abs=1e-3)


def test_it_holds_no_text(run, reviews):
    content = b"".join(path.read_bytes() for path in sorted(run.path.iterdir()))
    for text in reviews["text"].sample(200, random_state=0):
        assert text[:40].encode() not in content


def test_it_says_what_it_found(run):
    assert run.clusters
    assert {insight["kind"] for insight in run.insights} >= {"low_performance", "mislabeled"}
    assert all(cluster["name"] and not cluster["name"].startswith("cluster ") for cluster in run.clusters)


def test_the_runs_are_small():
    size = sum(path.stat().st_size for path in RUNS.rglob("*") if path.is_file())
    assert size < 20e6  # a third of it says which review shows which word


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_rows_drawn_at_random_are_what_the_model_gives(name):
    script = ROOT / "tests" / "integration" / "recompute.py"
    done = subprocess.run(
        [sys.executable, script, MODELS[name].path, RUNS / name, "24"],
        cwd=ROOT,
        env=os.environ | {"IMDB_MODEL": name, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    differences = json.loads(done.stdout.splitlines()[0])
    assert differences["error"] == 0
    assert {column: value for column, value in differences.items() if value > 1e-4} == {}
