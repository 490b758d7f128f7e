"""Times the integration: import, check_dataset(), get_sample with and without cached metadata, and scoring.

poetry run python benchmarks/bench_integration.py [--samples 500]

Prints a figure a line with the aim beside it, and their ratio (1 or less is within the aim). Each part runs in a
process of its own; samples without cached metadata use an empty cache folder.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

AIMS = {
    "import leap_binder, s": 3.0,
    "check_dataset(), s": 10.0,
    "get_sample, metadata computed, ms, median": 8.0,
    "get_sample, metadata cached, ms, median": 0.3,
    "scoring, ms a review": 1.0,
}


def time_import() -> dict[str, float]:
    started = time.perf_counter()
    import leap_binder  # noqa: F401

    return {"import leap_binder, s": time.perf_counter() - started}


def time_check() -> dict[str, float]:
    from code_loader import LeapLoader

    started = time.perf_counter()
    result = LeapLoader(code_path=str(ROOT), code_entry_name="leap_integration.py").check_dataset()
    assert result.is_valid, result.general_error
    return {"check_dataset(), s": time.perf_counter() - started}


def time_samples(name: str, samples: int) -> dict[str, float]:
    """The median over reviews spread evenly over the training subset; the first 20 calls are not counted."""
    from code_loader import LeapLoader
    from code_loader.contract.enums import DataStateEnum

    loader = LeapLoader(code_path=str(ROOT), code_entry_name="leap_integration.py")
    ids = loader.get_preprocess_sample_ids()[DataStateEnum.training]
    step = len(ids) // (samples + 20)
    seconds = []
    for sample_id in ids[:: max(1, step)][: samples + 20]:
        started = time.perf_counter()
        loader.get_sample(DataStateEnum.training, sample_id)
        seconds.append(time.perf_counter() - started)
    return {name: 1000 * statistics.median(seconds[20:])}


def time_scoring(rows: int) -> dict[str, float]:
    """`predict_file` on a CSV of real reviews, the model loaded already."""
    from IMDb.config import load_config
    from IMDb.models.prediction import load_predictor, predict_file
    from IMDb.reviews.dataset import load_dataset

    config = load_config()
    reviews = load_dataset(config)[["text"]].head(rows)
    predictor = load_predictor(config)
    predictor.logits(["warm up"])
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "reviews.csv"), Path(folder, "scored.csv")
        reviews.to_csv(source, index=False)
        started = time.perf_counter()
        predict_file(source, target, predictor)
        return {"scoring, ms a review": 1000 * (time.perf_counter() - started) / len(reviews)}


def run_part(part: str, samples: int, cache: str) -> dict[str, float]:
    """One part in a process of its own."""
    environment = {**os.environ, "IMDB_CACHE_DIR": cache, "TL_DISABLE_ANALYTICS": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, __file__, "--part", part, "--samples", str(samples)]
    process = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(next(line for line in process.stdout.splitlines() if line.startswith("{")))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=500)
    parser.add_argument("--part", choices=("import", "check", "computed", "cached", "scoring"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    parts = {
        "import": time_import,
        "check": time_check,
        "computed": lambda: time_samples("get_sample, metadata computed, ms, median", options.samples),
        "cached": lambda: time_samples("get_sample, metadata cached, ms, median", options.samples),
        "scoring": lambda: time_scoring(5000),
    }
    if options.part:
        print(json.dumps(parts[options.part]()), flush=True)
        return
    with tempfile.TemporaryDirectory() as cache:
        for part in parts:
            for name, value in run_part(part, options.samples, cache).items():
                print(f"{name:45} {value:8.3f}   aim {AIMS[name]:6.2f}   ratio {value / AIMS[name]:.2f}", flush=True)


if __name__ == "__main__":
    main()
