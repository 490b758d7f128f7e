"""Times the explorer's engine on the dense model.

poetry run python benchmarks/bench_evaluate.py overhead [--samples 2000]
    The engine (reading, scoring, writing parts; one process) against its parts run bare in a loop: encoders, model,
    loss and metrics. Aim: at most 1.3 times.
poetry run python benchmarks/bench_evaluate.py full
    `evaluate` on all reviews with an empty metadata cache, map, clusters and insights included. Aim: under 4 minutes on
    two cores.
poetry run python benchmarks/bench_evaluate.py linear
    Seconds, and peak memory of each stage (Linux only), for the reviews once and four times over, both from a CSV file.
    Aim: four times the seconds; memory of the scoring, which is done in chunks, that grows by no more than the
    integration's texts do, and of the other stages by the latent matrix and the table of samples on top.

Each measurement runs in a process of its own, with a cache folder of its own.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from multiprocessing import active_children
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


def full(repeat: int = 0) -> dict[str, float]:
    """Samples, seconds and MB of `evaluate` on all reviews, or on a CSV file that repeats them.

    The MB are the process's peak in each stage; what it holds once the integration and the model are open; and the peak
    of the largest worker, each of which holds the integration again.
    """
    import pyarrow as pa

    from leap_explorer.evaluation.evaluate import evaluate
    from leap_explorer.evaluation.plan import Options

    if repeat:
        os.environ["IMDB_DATA"] = str(_repeated(repeat))
    facts: dict[str, float] = {}
    stage, worker = "Opening the integration", 0.0

    def report(what: str, done: int, total: int) -> None:
        nonlocal stage, worker
        worker = max([worker, *(_memory("VmHWM", child.pid) for child in active_children())])
        if what != stage:
            facts[stage] = _memory("VmHWM")
            if what == "Evaluating":
                pa.default_memory_pool().release_unused()  # else Arrow does a moment later: all that opening has freed
                facts["held when open"] = _memory("VmRSS")
            Path("/proc/self/clear_refs").write_text("5")  # resets VmHWM
            stage = what

    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        run = evaluate(ROOT, MODEL, Path(folder) / "dense", Options(), report=report)
        facts[stage] = _memory("VmHWM")
        seconds = time.perf_counter() - started
        return {"samples": len(run.samples), "seconds": seconds, **facts, "largest worker": worker}


def _memory(field: str, process: int | str | None = "self") -> float:
    """MB, as Linux says of a process: VmRSS is what it holds, VmHWM the most that it held since that was last reset."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    return int(next((line.split()[1] for line in lines if line.startswith(f"{field}:")), 0)) / 1024


def _repeated(times: int) -> Path:
    """The bundled reviews, several times over, as a CSV file in the cache folder."""
    import pandas as pd

    from IMDb.config import load_config
    from IMDb.reviews.dataset import load_dataset

    reviews = load_dataset(load_config())[["text", "label"]]
    path = Path(os.environ["IMDB_CACHE_DIR"]) / "repeated.csv"
    pd.concat([reviews] * times).to_csv(path, index=False)
    return path


def measure(name: str, argument: int) -> dict[str, float]:
    """In a process of its own, with an empty cache."""
    with tempfile.TemporaryDirectory() as cache:
        command = [sys.executable, __file__, "--part", name, "--samples", str(argument)]
        done = subprocess.run(
            command,
            env=os.environ | {"IMDB_CACHE_DIR": cache, "IMDB_MODEL": "dense"},
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
    return json.loads(done.stdout.splitlines()[0])


PARTS = {
    "bare": lambda argument: {"seconds": bare(argument)},
    "engine": lambda argument: {"seconds": engine(argument)},
    "full": lambda argument: full(),
    "repeated": full,
}


def print_growth(small: dict[str, float], large: dict[str, float]) -> None:
    """A line for each fact: of both, and what a sample more adds to the MB."""
    samples = large["samples"] - small["samples"]
    for name, value in small.items():
        line = f"{name:<24}{value:>9,.0f}{large[name]:>9,.0f}"
        is_memory = name not in ("samples", "seconds")
        print(f"{line}{2**20 * (large[name] - value) / samples:>9,.0f} bytes a sample" if is_memory else line)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["overhead", "full", "linear"], default="overhead")
    parser.add_argument("--samples", type=int, default=2000)
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
        print_growth(measure("repeated", 1), measure("repeated", 4))


if __name__ == "__main__":
    main()
