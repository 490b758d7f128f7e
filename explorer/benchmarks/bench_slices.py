"""Plants weaknesses in copies of a run's outcomes and counts what is found: python explorer/benchmarks/bench_slices.py

    --run RUN          whose samples and metadata are used (default models/runs/dense), or `synthetic`
    --settings N       settings of each kind and strength (default 10)
    --seed S           of everything drawn (default 1)
    --methods A,B      of: slices, one column, tree, sliceline, divexplorer (default: those that are installed)
    --kinds A,B        of what is planted (default: all)
    --even             draw the planted sizes evenly from 40 to 4,000 instead of evenly on a logarithmic scale
    --true-outcomes    plant on top of the model's true errors instead of outcomes dealt anew
    --json FILE        writes every setting's result too

A planted slice counts as found if one of a method's first ten overlaps it with a Jaccard index of at least 0.5.
"""

import argparse
import json
import resource
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from planting import Mask, Table, dealt_anew, of_run, planted, synthetic, turned
from slice_methods import METHODS, NAMES

KINDS = ("range", "two conditions", "three conditions", "word", "word and metadata", "topic", "two slices")
STRENGTHS = {"30-60 %": (0.3, 0.6), "10-20 %": (0.1, 0.2), "5-10 %": (0.05, 0.1)}
FOUND, LISTED = 0.5, 10
Method = Callable[[Table, int], list[Mask]]


def main() -> None:
    arguments = _arguments()
    warnings.filterwarnings("ignore")
    table = _table(arguments)
    asked = arguments.methods.split(",")
    if missing := [name for name in asked if name not in METHODS]:
        print(f"Not compared, as they are not installed: {', '.join(missing)} (`pip install sliceline divexplorer`).")
    methods = {name: METHODS[name] for name in asked if name in METHODS}
    results = []
    for result in _results(table, methods, arguments):
        results.append(result)
        if arguments.json:
            Path(arguments.json).write_text(json.dumps(results, indent=1), encoding="utf-8")
    _print(results)
    print(f"Peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.1f} GB, with the table made")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", default="models/runs/dense")
    parser.add_argument("--settings", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, help="rows of a synthetic table", default=25_000)
    parser.add_argument("--terms", type=int, help="words and phrases at most", default=20_000)
    parser.add_argument("--methods", default=",".join(NAMES))
    parser.add_argument("--kinds", default=",".join((*KINDS, "nothing")))
    parser.add_argument("--strengths", default=",".join(STRENGTHS))
    parser.add_argument("--even", action="store_true")
    parser.add_argument("--true-outcomes", action="store_true")
    parser.add_argument("--json")
    return parser.parse_args()


def _table(arguments: argparse.Namespace) -> Table:
    if arguments.run == "synthetic":
        return synthetic(arguments.rows, np.random.default_rng(arguments.seed), terms=arguments.terms)
    from IMDb.config import load_config
    from IMDb.reviews.dataset import load_dataset

    folder = Path(arguments.run)
    samples = pd.read_parquet(folder / "samples.parquet")
    columns = json.loads((folder / "run.json").read_text(encoding="utf-8"))["columns"]
    texts = load_dataset(load_config()).set_index("id").loc[samples["id"], "text"]
    return of_run(samples, columns, list(texts), arguments.terms, arguments.seed)


def _settings(arguments: argparse.Namespace) -> Iterator[tuple[str, str, int]]:
    kinds, strengths = arguments.kinds.split(","), arguments.strengths.split(",")
    for number in range(arguments.settings):
        for kind in kinds:
            for strength in strengths if kind != "nothing" else ["-"]:
                if strength == "30-60 %" or kind not in ("word and metadata", "topic", "two slices"):
                    yield kind, strength, number


def _results(table: Table, methods: dict[str, Method], arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    for kind, strength, number in _settings(arguments):
        if (table.words is None and "word" in kind) or (table.topics is None and kind == "topic"):
            continue
        seed = [arguments.seed, number, *map(ord, kind + strength)]
        generator = np.random.default_rng(seed)
        copy = table if arguments.true_outcomes else dealt_anew(table, generator)
        truths = planted(table, kind, generator, arguments.even)
        share = generator.uniform(*STRENGTHS.get(strength, (0, 0)))
        for truth in truths:
            copy = turned(copy, truth, share, generator)
        for name, method in methods.items():
            started = time.perf_counter()
            listed = method(copy, number)
            seconds = time.perf_counter() - started
            facts = {"kind": kind, "strength": strength, "number": number, "share": share, "method": name}
            yield facts | _measured(truths, listed) | {"seconds": seconds}


def _measured(truths: list[Mask], listed: list[Mask]) -> dict[str, Any]:
    """How well the first ten of a list cover what was planted."""
    overlap = np.array([[_jaccard(truth, one) for one in listed[:LISTED]] for truth in truths])
    overlap = overlap.reshape(len(truths), min(len(listed), LISTED))
    best = overlap.max(axis=1, initial=0)
    return {
        "sizes": [int(truth.sum()) for truth in truths],
        "listed": len(listed),
        "jaccard": [float(one) for one in best],
        "found": bool((best >= FOUND).all()) if truths else bool(listed),
        "first": bool(overlap[:, :1].max(initial=0) >= FOUND),
        "precision": float((overlap.max(axis=0, initial=0) >= FOUND).mean()) if overlap.size else None,
    }


def _jaccard(first: Mask, second: Mask) -> float:
    return float((first & second).sum() / max((first | second).sum(), 1))


def _print(results: list[dict[str, Any]]) -> None:
    table = pd.DataFrame(results)
    names = (
        "planted",
        "turned",
        "method",
        "found",
        "Jaccard",
        "first",
        "precision at 10",
        "listed",
        "seconds",
        "settings",
    )
    print(f"| {' | '.join(names)} |\n|{' --- |' * len(names)}")
    for (kind, strength, method), rows in table.groupby(["kind", "strength", "method"], sort=False):
        overlap = [one for found, values in zip(rows["found"], rows["jaccard"], strict=True) if found for one in values]
        quality = f"{np.mean(overlap):.2f}" if overlap else ""
        first = f"{rows['first'][rows['found']].mean():.0%}" if kind != "nothing" and rows["found"].any() else ""
        precision = rows["precision"].dropna().astype(float)
        print(
            f"| {kind} | {strength} | {method} | {rows['found'].mean():.0%} | {quality} | {first} | "
            f"{f'{precision.mean():.2f}' if len(precision) else ''} | {rows['listed'].mean():.1f} | "
            f"{rows['seconds'].mean():.1f} | {len(rows)} |"
        )


if __name__ == "__main__":
    main()
