"""Toy runs that the tests of several kinds of insight look into."""

import numpy as np
import pandas as pd

LABELS = ("negative", "positive")


def make_run(n=400, training=200, seed=0, unlabeled=0, loss=None, **metadata):
    """Samples as a run's table has them: training first, then validation, then unlabelled; no signal in the loss."""
    generator = np.random.default_rng(seed)
    subset = np.repeat(["training", "validation", "unlabeled"], [training, n - training - unlabeled, unlabeled])
    losses = generator.exponential(0.4, n) if loss is None else np.asarray(loss, dtype=np.float64)
    truth = generator.integers(0, 2, n)
    of_truth = np.exp(-losses)
    positive = np.where(truth == 1, of_truth, 1 - of_truth)
    samples = pd.DataFrame(
        {
            "id": pd.array([f"s{number}" for number in range(n)], dtype="string"),
            "subset": pd.array(subset, dtype="string"),
            "ground_truth": pd.array(np.array(LABELS)[truth], dtype="string"),
            "prediction": pd.array(np.array(LABELS)[(positive > 0.5).astype(int)], dtype="string"),
            "probability_negative": (1 - positive).astype(np.float32),
            "probability_positive": positive.astype(np.float32),
            "loss": losses.astype(np.float32),
            "input_hash": np.arange(n, dtype=np.uint64) + np.uint64(2**63),
            "error": pd.array([None] * n, dtype="string"),
            **{f"metadata_{name}": values for name, values in metadata.items()},
        }
    )
    samples.loc[subset == "unlabeled", "ground_truth"] = pd.NA
    samples.loc[subset == "unlabeled", "loss"] = np.nan
    return samples


def columns_of(samples):
    """The facts about a run's columns, as far as insights look at them."""
    roles = {name: "metadata" if name.startswith("metadata_") else name for name in samples.columns}
    return {name: {"role": role} for name, role in roles.items()}


def ids_with(samples, mask):
    return set(samples["id"][mask])
