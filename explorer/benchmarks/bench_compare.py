"""How long comparing two runs takes: python explorer/benchmarks/bench_compare.py [--samples N ...]

Both runs are of the same samples, all held out, with twenty numbers and five values as metadata, two labels and ten
clusters; the second model is wrong on other samples than the first, in 10 % of all. Times are medians of three.
"""

import argparse
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from leap_explorer.comparison.compare import compare
from leap_explorer.comparison.report import comparison_json
from leap_explorer.runs.run import Run

LABELS = ("negative", "positive")
REPEATS = 3


def samples_of(n: int, seed: int) -> pd.DataFrame:
    """A run's table; metadata and labels are those of all seeds, predictions are the seed's own."""
    data, model = np.random.default_rng(0), np.random.default_rng(seed)
    truth = data.integers(0, 2, n)
    columns: dict[str, Any] = {f"metadata_number{place}": data.normal(size=n).round(3) for place in range(20)}
    columns["metadata_kind"] = pd.array(np.array(list("abcde"))[data.integers(0, 5, n)], dtype="string")
    columns["cluster"] = data.integers(0, 10, n)
    right = np.where(model.random(n) < 0.1, model.uniform(0.0, 0.5, n), model.uniform(0.5, 1.0, n))
    positive = np.where(truth == 1, right, 1 - right)
    return pd.DataFrame(
        {
            "id": pd.array([f"sample-{row:07}" for row in range(n)], dtype="string"),
            "subset": pd.array(["validation"] * n, dtype="string"),
            "ground_truth": pd.array(np.array(LABELS)[truth], dtype="string"),
            "prediction": pd.array(np.array(LABELS)[(positive > 0.5).astype(int)], dtype="string"),
            "probability_negative": 1 - positive,
            "probability_positive": positive,
            "loss": -np.log(np.maximum(right, 1e-9)),
            "input_hash": np.arange(1, n + 1, dtype=np.uint64),
            "error": pd.array([None] * n, dtype="string"),
            **columns,
        }
    )


def run_of(n: int, seed: int) -> Run:
    """The run in memory, as it is once its files are read."""
    samples = samples_of(n, seed)
    roles = {name: "metadata" if name.startswith("metadata_") else name.split("_")[0] for name in samples}
    run = Run(
        Path(f"model{seed}"), {"columns": {name: {"role": role} for name, role in roles.items()}, "labels": LABELS}
    )
    run.__dict__.update(samples=samples, words=None, insights=[])
    return run


def seconds(n: int) -> float:
    """Of comparing, and making its JSON."""
    base, new = run_of(n, 1), run_of(n, 2)
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        comparison_json(compare(base, new))
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, nargs="+", default=[25_000, 1_000_000])
    for n in parser.parse_args().samples:
        print(f"{n:,} samples: {seconds(n):.1f} s")


if __name__ == "__main__":
    main()
