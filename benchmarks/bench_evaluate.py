"""Times the explorer's engine on the dense model.

poetry run python benchmarks/bench_evaluate.py overhead [--samples 2000]
    The engine (reading, scoring, writing parts; one process) against its parts run bare in a loop: encoders, model,
    loss and metrics. Aim: at most 1.15 times.
poetry run python benchmarks/bench_evaluate.py full
    `evaluate` on all reviews with an empty metadata cache, map, clusters and insights included. Aim: under 4 minutes on
    two cores.
poetry run python benchmarks/bench_evaluate.py linear [--sizes 25000 100000] [--synthetic]
    Seconds of each stage of `evaluate`, and the peak memory of its process and of the largest of the integration's
    (Linux only), for each number of samples: the reviews as often as that takes, with ids of their own and their
    metadata in the cache, or with --synthetic an integration that makes its samples up, each with a latent vector of
    128 numbers and words of its own. Aims, for 1,000,000: under 20 minutes, at most 9 times those of 100,000, and under
    2.5 GB in every process.

Each measurement runs in a process of its own, and each of the first two with a cache folder of its own.
"""

import argparse
import json
import operator
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "models" / "dense.h5"


def bare(samples: int) -> float:
    """Seconds for encoders, metadata, words, model, loss and metrics, batch by batch, and nothing else."""
    import numpy as np

    from leap_explorer.contract.integration import Integration
    from leap_explorer.contract.model import load_model
    from leap_explorer.contract.wiring import Tensors
    from leap_explorer.evaluation.plan import CHUNK

    integration, model = Integration(ROOT), load_model(MODEL)
    ids = integration.subsets["training"][:samples]
    model.predict([np.zeros((1, 640), dtype=np.float32)])
    started = time.perf_counter()
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        read = [integration.sample("training", sample_id) for sample_id in chunk]
        for sample in read:
            integration.words(sample)
        inputs = [np.stack([sample.inputs[name] for sample in read]) for name in integration.model_inputs]
        outputs, _ = model.predict(inputs)
        truths = {"sentiment": np.stack([(sample.gt or {})["sentiment"] for sample in read])}
        tensors = Tensors(dict(zip(integration.model_inputs, inputs, strict=True)), truths, outputs)
        for loss in integration.losses:
            integration.run_loss(loss, np.array(chunk), "training", tensors.of(loss) or {})
        for metric in integration.metrics:
            integration.run_metric(metric, np.array(chunk), "training", tensors.of(metric) or {})
    return time.perf_counter() - started


def engine(samples: int) -> float:
    """Seconds of the engine for as many samples, from the first report of scoring to the last, through the door."""
    from leap_explorer.evaluation.evaluate import evaluate
    from leap_explorer.evaluation.plan import Options

    moments: list[float] = []

    def report(what: str, done: int, total: int) -> None:
        if what == "Evaluating":
            moments.append(time.perf_counter())

    options = Options(samples=samples, subsets=("training",), projection="pca", workers=1)
    with tempfile.TemporaryDirectory() as folder:
        evaluate(ROOT, MODEL, Path(folder) / "run", options, report=report)
    return moments[-1] - moments[0]


def full() -> dict[str, float]:
    """Samples and seconds of `evaluate` on all reviews."""
    return whole(ROOT, MODEL)


def whole(folder: Path, model: Path) -> dict[str, float]:
    """Samples, seconds of each stage and in all, and the peak MB of this process and of the largest below it."""
    from leap_explorer.evaluation.evaluate import evaluate
    from leap_explorer.evaluation.plan import Options

    stages = Stages()
    with tempfile.TemporaryDirectory() as target:
        run = evaluate(folder, model, Path(target) / "run", Options(), report=stages.report)
        stages.report("", 0, 1)
        return {"samples": len(run.samples), **stages.facts}


class Stages:
    """What each stage takes, from the reports of its progress."""

    def __init__(self) -> None:
        self.facts: dict[str, float] = {}
        self._stage, self._began, self._below = "", time.perf_counter(), 0.0

    def report(self, what: str, _done: int, _total: int) -> None:
        self._below = max([self._below, *map(peak_mb, processes_below(os.getpid()))])
        if what == self._stage:
            return
        if self._stage:
            self._add(f"{self._stage}, s", time.perf_counter() - self._began)
            self._add(f"{self._stage}, MB", peak_mb(os.getpid()), max)
            self._add(f"{self._stage}, MB below", self._below, max)
        self._stage, self._began, self._below = what, time.perf_counter(), 0.0
        for process in (os.getpid(), *processes_below(os.getpid())):
            Path(f"/proc/{process}/clear_refs").write_text("5")  # resets VmHWM

    def _add(self, name: str, value: float, join: Callable[[float, float], float] = operator.add) -> None:
        self.facts[name] = join(self.facts.get(name, 0.0), value)


def processes_below(process: int) -> list[int]:
    """The processes that it has started, and those that these have."""
    children = [
        int(child) for file in Path(f"/proc/{process}/task").glob("*/children") for child in file.read_text().split()
    ]
    return [one for child in children for one in (child, *processes_below(child))]


def peak_mb(process: int) -> float:
    """The most that it held since that was last reset, as Linux says; 0 of one that has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return int(next((line.split()[1] for line in lines if line.startswith("VmHWM:")), 0)) / 1024


def repeated(samples: int) -> dict[str, float]:
    """`whole` of the reviews as often as that takes, each time with ids of their own."""
    import pandas as pd

    from IMDb.config import load_config
    from IMDb.reviews.dataset import load_dataset

    reviews = load_dataset(load_config())[["text", "label"]]
    path = Path(os.environ["IMDB_CACHE_DIR"]) / f"repeated-{samples}.parquet"
    made = pd.concat([reviews] * -(-samples // len(reviews)), ignore_index=True).iloc[:samples]
    made.assign(id=[f"review-{row}" for row in range(samples)]).to_parquet(path)
    del reviews, made
    os.environ["IMDB_DATA"] = str(path)
    return whole(ROOT, MODEL)


def synthetic(samples: int) -> dict[str, float]:
    """`whole` of an integration that makes its samples up."""
    from synthetic_integration import write_synthetic

    with tempfile.TemporaryDirectory() as folder:
        return whole(Path(folder), write_synthetic(Path(folder), samples))


def measure(name: str, argument: int, cache: Path | None = None) -> dict[str, float]:
    """In a process of its own; by default with an empty cache."""
    with tempfile.TemporaryDirectory() as empty:
        command = [sys.executable, __file__, "--part", name, "--samples", str(argument)]
        done = subprocess.run(
            command,
            env=os.environ | {"IMDB_CACHE_DIR": str(cache or empty), "IMDB_MODEL": "dense"},
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
    return json.loads(done.stdout.splitlines()[0])


def linear(part: str, sizes: Sequence[int]) -> None:
    """A line for each fact, a column for each size."""
    with tempfile.TemporaryDirectory() as cache:
        if part == "repeated":
            measure("engine", 25_000, Path(cache))  # leaves the metadata of each review in the cache
        found = [measure(part, size, Path(cache)) for size in sizes]
    for name in dict.fromkeys(name for facts in found for name in facts):
        print(f"{name:<40}" + "".join(f"{facts.get(name, 0):>12,.0f}" for facts in found))
    totals = [sum(value for name, value in facts.items() if name.endswith(", s")) for facts in found]
    print(f"{'all, s':<40}" + "".join(f"{total:>12,.0f}" for total in totals))


PARTS = {
    "bare": lambda argument: {"seconds": bare(argument)},
    "engine": lambda argument: {"seconds": engine(argument)},
    "full": lambda argument: full(),
    "repeated": repeated,
    "synthetic": synthetic,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["overhead", "full", "linear"], default="overhead")
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--sizes", type=int, nargs="+", default=[25_000, 100_000])
    parser.add_argument("--synthetic", action="store_true")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        print(json.dumps(PARTS[options.part](options.samples)), flush=True)
    elif options.what == "overhead":
        seconds = {name: measure(name, options.samples)["seconds"] for name in ("bare", "engine")}
        for name, value in seconds.items():
            print(f"{name}: {1000 * value / options.samples:.2f} ms a sample")
        print(f"ratio: {seconds['engine'] / seconds['bare']:.3f} (aim: 1.3 or less)")
    elif options.what == "full":
        print(", ".join(f"{name}: {value:,.0f}" for name, value in measure("full", 1).items()))
    else:
        linear("synthetic" if options.synthetic else "repeated", options.sizes)


if __name__ == "__main__":
    main()
