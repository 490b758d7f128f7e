"""The whole gate on a model with weights: a damaged one fails, and the same one passes whatever samples it is given."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from leap_explorer.commands.gate import check_command, new_tests_command
from leap_explorer.tables.from_frame import run_from_frame

LABELS = ("negative", "neutral", "positive")
#: Of a linear model, by feature and label; the last feature is constant.
WEIGHTS = np.array([[-2.0, 0.0, 2.0], [0.5, -1.0, 0.5], [0.0, 0.8, 0.0]])
N, TIMES = 600, 20


def frame(weights, seed, n=N):
    """Fresh samples with the model's probabilities; on those from elsewhere the labels are noisier."""
    generator = np.random.default_rng(seed)
    features = np.column_stack([generator.normal(size=(n, 2)), np.ones(n)])
    is_elsewhere = generator.random(n) < 0.2
    truth = (features @ WEIGHTS + generator.gumbel(size=(n, 3)) * np.where(is_elsewhere, 2.5, 0.6)[:, None]).argmax(1)
    scores = np.exp(features @ weights)
    probabilities = scores / scores.sum(axis=1, keepdims=True)
    return pd.DataFrame(
        {
            "id": [f"{seed}-{row}" for row in range(n)],
            "label": np.array(LABELS)[truth],
            "elsewhere": is_elsewhere,
            "first": features[:, 0].round(2),
            **{f"p_{label}": probabilities[:, place] for place, label in enumerate(LABELS)},
        }
    )


def run_of(weights, seed, folder, n=N):
    latent = np.random.default_rng(seed).normal(size=(n, 4))
    columns = {"id": "id", "label": "label", "probabilities": "p_*", "latent": latent}
    return run_from_frame(frame(weights, seed, n), **columns, out=folder / f"run{seed}", projection="pca")


@pytest.fixture(scope="module")
def accepted(tmp_path_factory):
    """The accepted model's run, and its tests."""
    folder = tmp_path_factory.mktemp("gate")
    run = run_of(WEIGHTS, 1_000, folder, n=2 * N)
    new_tests_command(run, folder / "tests.yaml", folder / "review")
    return run, folder / "tests.yaml"


def pieces(run):
    """The run's samples, N at a time, each as a run of its own."""
    for start in range(0, len(run.samples), N):
        piece = replace(run)
        piece.__dict__["samples"] = run.samples.iloc[start : start + N].reset_index(drop=True)
        yield piece


@pytest.mark.slow
def test_the_same_model_passes_on_fresh_samples(accepted, tmp_path):
    base, tests = accepted
    passed = [check_command(fresh, tests, base) for fresh in pieces(run_of(WEIGHTS, 0, tmp_path, TIMES * N))]
    assert passed == [True] * TIMES


@pytest.mark.slow
@pytest.mark.parametrize("label", range(len(LABELS)))
def test_one_classs_weights_damaged(accepted, tmp_path, label, capsys):
    base, tests = accepted
    damaged = WEIGHTS.copy()
    damaged[:, label] = 0.0
    assert not check_command(run_of(damaged, 50 + label, tmp_path), tests, base)
    assert f"FAILED not worse than base: label: {LABELS[label]}" in capsys.readouterr().out
