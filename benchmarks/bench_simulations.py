"""Times each simulation of 1,000 held-out reviews: changed, encoded and scored with dense; medians of three.

poetry run python benchmarks/bench_simulations.py        loading model and reviews is not counted
"""

import argparse
import statistics
import time
from typing import Any

import numpy as np

from IMDb import simulations
from IMDb.config import load_config
from IMDb.models.prediction import load_predictor
from IMDb.reviews.dataset import load_dataset, reviews_by_id
from IMDb.simulations import Simulation, simulate

ALL: tuple[tuple[Simulation, dict[str, Any]], ...] = (
    (simulations.TYPOS, {"rate": 0.1, "kind": "all"}),
    (simulations.LOST, {"what": "both"}),
    (simulations.CONTRACTIONS, {"form": "made"}),
    (simulations.NOISE, {"rate": 0.1}),
    (simulations.LOOK_ALIKES, {"rate": 0.1, "kind": "accents"}),
    (simulations.TRUNCATED, {"words": 100, "end": "first"}),
    (simulations.SHUFFLED, {"share": 1.0}),
    (simulations.NEUTRAL, {"position": "middle"}),
)

REPEATS = 3
AIM = 3.0  # seconds for 1,000 reviews


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=1_000)
    n = parser.parse_args().n
    config = load_config(model="dense")
    reviews = load_dataset(config)
    held_out = reviews_by_id(reviews[reviews["split"] == "validation"])
    predictor = load_predictor(config)
    predictor.logits(["The first call takes longer."])
    medians = []
    for simulation, parameters in ALL:
        times = []
        for _ in range(REPEATS):
            start = time.perf_counter()
            changed = simulate(simulation, held_out, n, 0, parameters)
            logits = predictor.logits([review.text for review in changed.values()])
            times.append(time.perf_counter() - start)
        medians.append(statistics.median(times))
        labels = np.array([review.label for review in changed.values()])
        right = float((logits.argmax(axis=1) == labels).mean())
        print(f"{simulation.name:17} {len(changed):,} reviews {medians[-1]:5.2f} s   {100 * right:.1f} % right")
    print(f"The slowest takes {max(medians):.2f} s (aim: {AIM:.0f} s for 1,000).")


if __name__ == "__main__":
    main()
