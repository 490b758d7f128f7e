"""How long a page waits for a sample's drawings: python explorer/benchmarks/bench_samples.py RUN [--samples N]

The integration is opened first, as `explore` does while the page loads. Then the samples, drawn by a seed, are asked
for one by one through the door to the integration's process; the model's own time for each is measured there, and taken
off. `--integration` and `--model` say where they are, if the run does not.
Aim: 1 s for the first, 0.3 s for each of the others.
"""

import argparse
import os
import random
import statistics
import time
from pathlib import Path

from leap_explorer.contract.host import Host
from leap_explorer.runs.run import load_run
from leap_explorer.samples.reader import RunSamples
from leap_explorer.samples.where import given_sources

FIRST, NEXT = 1.0, 0.3  # seconds


def model_seconds(host: Host, subset: str, sample_id: str) -> float:
    """Of the model alone, once it has answered for this sample before."""
    sample = host.integration.sample(subset, host.integration.id_of(subset, sample_id))
    host.predictions(sample)
    started = time.perf_counter()
    host.predictions(sample)
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--samples", type=int, default=20)
    parser.add_argument("--integration", type=Path)
    parser.add_argument("--model", type=Path)
    given = parser.parse_args()
    run = load_run(given.run)
    rows = random.Random(0).sample(range(1, len(run.samples)), given.samples)
    keys = [(str(run.samples["subset"].iloc[row]), str(run.samples["id"].iloc[row])) for row in rows]
    # By its module's name, which the integration's process can import
    from bench_samples import model_seconds as of_model

    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *_paths()])}
    (sources,) = given_sources([run], given.integration, [given.model] if given.model else [])
    samples = RunSamples(run, sources, environment=environment)
    opening, _ = timed(samples.prepare)
    times = [timed(samples.drawings, *key)[0] for key in keys]
    beside = [max(0.0, whole - samples._ask(of_model, *key)) for whole, key in zip(times, keys, strict=True)]
    samples.close()
    print(f"Opened in {opening:.2f} s; the first sample takes {times[0]:.3f} s (aim: {FIRST} s).")
    others = beside[1:]
    middle, most = statistics.median(others), max(others)
    print(f"{len(others)} others, beside the model: median {middle:.3f} s, at most {most:.3f} s (aim: {NEXT} s).")


def timed(function, *arguments):
    """Seconds, and what it returns."""
    started = time.perf_counter()
    answer = function(*arguments)
    return time.perf_counter() - started, answer


def _paths() -> list[str]:
    return os.environ.get("PYTHONPATH", "").split(os.pathsep)


if __name__ == "__main__":
    main()
