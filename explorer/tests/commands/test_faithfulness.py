"""`leap-explorer faithfulness` on models of which is known what drives them."""

import hashlib
import json

import numpy as np
import pytest

from leap_explorer.commands.faithfulness import sources, verdict
from leap_explorer.errors import ExplorerError
from leap_explorer.explain.any_model.chosen import choice_path
from leap_explorer.explain.attribution import OCCLUSION
from leap_explorer.explain.faithfulness import RANDOM
from leap_explorer.runs.run import Run, load_run
from leap_explorer.runs.sources import Sources
from task_toys import write_task_toy
from toys import evaluate_toy, explorer

#: Of twenty numbers the first two count.
WEIGHTS = np.zeros((20, 2))
WEIGHTS[0, 1], WEIGHTS[1, 0] = 4.0, 4.0


def verdict_of(mean, low, high):
    ratio = {"mean": mean, "low": low, "high": high}
    return verdict({"default": "a", "methods": {"a": {"comprehensiveness": {"times_random": ratio}}}})


def test_a_verdict_needs_an_interval_above_random():
    assert verdict_of(3.04, 2.0, 4.0) == "a is the best: 3.0 times as much hangs on its top as on a random one."
    assert "do not rely" in verdict_of(1.5, 0.9, 2.0)
    assert "nothing to compare" in verdict_of(None, None, None)


def write_classes(folder):
    x = np.random.default_rng(0).normal(size=(60, 20))
    labels = np.eye(2)[(x[:, 0] > x[:, 1]).astype(int)]
    return write_task_toy(folder, x, labels, [WEIGHTS], {"kind": ["no", "yes"]})


def write_numbers(folder):
    x = np.random.default_rng(0).normal(size=(60, 20))
    return write_task_toy(folder, x, x[:, :1], [WEIGHTS[:, 1:]])


@pytest.fixture(scope="module", params=[write_classes, write_numbers], ids=["classes", "numbers"])
def toy(request, tmp_path_factory):
    return evaluate_toy(request.param, tmp_path_factory.mktemp("faithfulness"), "--projection", "pca")


def faithfulness(toy, *options):
    return explorer("faithfulness", toy.out, *options)


@pytest.mark.slow
def test_a_random_ranking_loses(toy):
    result = faithfulness(toy)
    assert result.returncode == 0, result.stderr
    found = load_run(toy.out).faithfulness
    best, of_random = found["methods"][OCCLUSION], found["methods"][RANDOM]
    assert (found["samples"], found["drawn_from"], found["failed"], found["units"]) == (30, 30, 0, 20)
    assert best["comprehensiveness"]["times_random"]["low"] > 2
    assert best["sufficiency"]["high"] < of_random["sufficiency"]["low"]
    curve = best["comprehensiveness"]
    low, mean, high = (np.array(curve[name]) for name in ("by_share_low", "by_share", "by_share_high"))
    assert len(mean) == 5
    assert (low <= mean).all()
    assert (mean <= high).all()
    assert found["default"] == OCCLUSION
    assert json.loads(choice_path(toy.model).read_text())["method"] == OCCLUSION
    assert "The heat-maps of model.onnx are by occlusion from now on." in result.stdout


@pytest.mark.slow
@pytest.mark.parametrize("toy", [write_classes], indirect=True, ids=["classes"])
def test_what_is_said_elsewhere_changes_nothing_here(toy, tmp_path):
    before = {path: path.read_bytes() for path in toy.out.iterdir()}
    result = faithfulness(toy, "--samples", 2, "--out", tmp_path / "a.json")
    assert json.loads((tmp_path / "a.json").read_text())["samples"] == 2
    assert {path: path.read_bytes() for path in toy.out.iterdir()} == before
    assert "from now on" not in result.stdout


@pytest.mark.slow
@pytest.mark.parametrize("toy", [write_classes], indirect=True, ids=["classes"])
def test_another_model_is_refused(toy, tmp_path):
    other = write_task_toy(tmp_path / "other", np.ones((4, 20)), np.ones((4, 2)), [WEIGHTS * 2])
    result = faithfulness(toy, "--model", other)
    assert result.returncode == 1
    assert "model.onnx is not the model that" in result.stderr


def test_sources_are_the_given_ones_or_those_at_hand(tmp_path, monkeypatch):
    model = tmp_path / "models" / "model.onnx"
    model.parent.mkdir()
    model.write_bytes(b"weights")
    made_with = {"file": "model.onnx", "sha256": hashlib.sha256(b"weights").hexdigest()}
    run = Run(tmp_path / "runs" / "mine", {"model": made_with})
    assert sources(run, tmp_path, None) == Sources(tmp_path, model)
    model.write_bytes(b"others")
    assert sources(run, tmp_path, None) == Sources(tmp_path, None)
    assert sources(run, tmp_path, model) == Sources(tmp_path, model)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ExplorerError, match="add --integration DIR"):
        sources(run, None, None)
    (tmp_path / "leap.yaml").touch()
    assert sources(run, None, None).integration == tmp_path
