"""Compares two ways of placing samples on a map that UMAP has drawn of others: its own, and between their neighbours.

python explorer/benchmarks/bench_map.py RUN [--fitted 10000] [--judged 1000] [--seed 0]
    Seconds, and the trustworthiness of the placed samples' neighbourhoods (Venna and Kaski 2001; 0 to 1, higher is
    better, 15 neighbours) with a 95 % interval over the judged ones, which are drawn from the placed. Beside them that
    of as many of the fitted samples.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt

from leap_explorer.intervals import mean_interval
from leap_explorer.population.placing import between_neighbours
from leap_explorer.population.strata import drawn_evenly
from leap_explorer.runs.run import load_run
from leap_explorer.silent_imports import import_umap

Vectors = npt.NDArray[np.float32]
NEIGHBOURS = 15


def trustworthiness(rows: Vectors, places: Vectors, judged: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Of each judged row: 1 less what its neighbours on the map are too far down in the order of the real distances."""
    n, k = len(rows), NEIGHBOURS
    found = []
    for row in judged:
        real = np.linalg.norm(rows - rows[row], axis=1)
        drawn = np.linalg.norm(places - places[row], axis=1)
        real[row] = drawn[row] = -1
        ranks = np.empty(n, dtype=np.int64)
        ranks[np.argsort(real, kind="stable")] = np.arange(n)
        nearest = np.argpartition(drawn, k)[: k + 1]
        excess = np.maximum(ranks[nearest[nearest != row]][:k] - k, 0).sum()
        found.append(1 - 2 * excess / (k * (2 * n - 3 * k - 1)))
    return np.array(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--fitted", type=int, default=10_000)
    parser.add_argument("--judged", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    latent = np.asarray(load_run(options.run).latent, dtype=np.float32)
    rows = np.unique(latent[np.isfinite(latent).all(axis=1)], axis=0)
    drawn = drawn_evenly(np.zeros(len(rows), dtype=np.int64), options.fitted, options.seed)
    others = np.setdiff1d(np.arange(len(rows)), drawn)
    model = import_umap().UMAP(n_neighbors=NEIGHBOURS, random_state=options.seed, n_jobs=1)
    places = model.fit_transform(rows[drawn])
    judged = np.random.default_rng(options.seed).choice(others, options.judged, replace=False)
    print(f"{len(rows):,} different vectors, {options.fitted:,} of them fitted, {options.judged:,} judged")
    ways = {
        "its own": lambda: model.transform(rows[others]),
        "between neighbours": lambda: between_neighbours(rows[drawn], places, rows[others], options.seed),
    }
    for name, place in ways.items():
        whole = np.empty((len(rows), 2), dtype=np.float32)
        whole[drawn] = places
        started = time.process_time()
        whole[others] = place()
        seconds = time.process_time() - started
        values = trustworthiness(rows, whole, judged)
        low, high = mean_interval(values)
        print(f"{name}: {values.mean():.4f} ({low:.4f} to {high:.4f}), {seconds:.0f} s of one core", flush=True)
    fitted = trustworthiness(rows, whole, np.random.default_rng(options.seed).choice(drawn, options.judged, False))
    low, high = mean_interval(fitted)
    print(f"the fitted: {fitted.mean():.4f} ({low:.4f} to {high:.4f})")


if __name__ == "__main__":
    main()
