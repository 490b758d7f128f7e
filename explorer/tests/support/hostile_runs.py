"""Small made-up runs whose names, labels and texts hold markup, which must stay words."""

import json
import re

import numpy as np
import pandas as pd

from leap_explorer.explain.alignment import Span
from leap_explorer.runs.run import load_run, write_json

HOSTILE = "\"><script>document.title = 'taken over'</script><img src=x onerror=alert(1)>"
LABELS = ["no", "yes"]
#: Of ids, labels, a metadata, a cluster, an insight and an error.
NAMES = (
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "a\u2028b\u2029c",
    "<!--",
    "]]></style><svg onload=alert(1)>",
    "x" * 10_000,
)
ROLES = {
    "id": "id",
    "subset": "subset",
    "ground_truth": "ground_truth",
    "prediction": "prediction",
    "probability_no": "probability",
    "probability_yes": "probability",
    "loss": "loss",
    "metadata_words": "metadata",
    f"metadata_{HOSTILE}": "metadata",
    "error": "error",
    "map_x": "map",
    "map_y": "map",
    "cluster": "cluster",
}


def made_samples(seed):
    """80 samples, 24 of training and 56 of validation; every fourth is wrong."""
    generator = np.random.default_rng(seed)
    n = 80
    truth = np.arange(n) % 2
    said = np.where(np.arange(n) % 4 == 3, 1 - truth, truth)
    yes = np.where(said == 1, 0.85, 0.15) + generator.uniform(-0.1, 0.1, n)
    return pd.DataFrame(
        {
            "id": [f"s{row:03d}" for row in range(n)],
            "subset": ["training"] * 24 + ["validation"] * 56,
            "ground_truth": np.array(LABELS)[truth],
            "prediction": np.array(LABELS)[said],
            "probability_no": 1 - yes,
            "probability_yes": yes,
            "loss": -np.log(np.where(truth == 1, yes, 1 - yes)),
            "metadata_words": np.arange(n) + 5,
            f"metadata_{HOSTILE}": generator.normal(size=n),
            "error": pd.Series([None] * n, dtype="string"),
            "map_x": generator.normal(size=n).astype(np.float32),
            "map_y": generator.normal(size=n).astype(np.float32),
            "cluster": pd.Series(truth, dtype="Int16"),
        }
    )


def made_run(folder, seed):
    """Write a run of `made_samples`, with a cluster and an insight of a hostile name, and read it."""
    folder.mkdir()
    samples = made_samples(seed)
    samples.to_parquet(folder / "samples.parquet")
    np.save(folder / "latent.npy", samples[["map_x", "map_y"]].to_numpy())
    clusters = [
        {
            "cluster": number,
            "name": HOSTILE,
            "size": 40,
            "share": 0.5,
            "error_rate": {"value": 0.2, "low": 0.1, "high": 0.4},
        }
        for number in (0, 1)
    ]
    insight = {
        "id": "one",
        "kind": "low_performance",
        "title": f"Loss is higher where {HOSTILE}",
        "severity": 0.2,
        "n_samples": 4,
        "n_total": 56,
        "evidence": {"loss_inside": 1.0, "loss_outside": 0.5, "difference": {"value": 0.5, "low": 0.2, "high": 0.8}},
        "filter": [{"column": "subset", "operator": "==", "value": "validation"}],
    }
    info = {
        "model": {"file": f"{HOSTILE}.h5", "sha256": "ab" * 32, "format": "keras"},
        "created": "2026-01-02T03:04:05+00:00",
        "labels": LABELS,
        "counts": {name: {"available": 56, "failed": 0} for name in ("training", "validation")},
        "columns": {name: {"role": role, "type": "", "direction": None} for name, role in ROLES.items()},
        "latent": {"source": "made up", "dimensions": 2},
    }
    for name, value in {
        "run.json": info,
        "population.json": {"clusters": clusters},
        "insights.json": {"insights": [insight], "skipped": {"domain_gap": HOSTILE}},
    }.items():
        (folder / name).write_text(json.dumps(value), encoding="utf-8")
    return load_run(folder)


def renamed(folder, names):
    """The made run with these names as ids, labels, a metadata, a cluster, an insight and an error."""
    run = made_run(folder, 0)
    samples = pd.read_parquet(folder / "samples.parquet")
    samples["id"] = [f"{names[row % len(names)]}{row}" for row in range(len(samples))]
    samples["ground_truth"] = np.where(samples["ground_truth"] == "no", names[0], names[1])
    samples["prediction"] = np.where(samples["prediction"] == "no", names[0], names[1])
    hostile = next(name for name in samples if name.startswith("metadata_") and name != "metadata_words")
    columns = {
        "probability_no": f"probability_{names[0]}",
        "probability_yes": f"probability_{names[1]}",
        hostile: f"metadata_{names[2]}",
    }
    samples = samples.rename(columns=columns)
    samples["error"] = samples["error"].where(samples.index != 79, names[1])
    samples.to_parquet(folder / "samples.parquet")
    info = {**run.info, "labels": list(names[:2]), "model": {"file": names[0]}}
    info["columns"] = {columns.get(name, name): facts for name, facts in run.columns.items()}
    write_json(folder / "run.json", info)
    write_json(folder / "population.json", {"clusters": [{**one, "name": names[3]} for one in run.clusters]})
    insights = [{**one, "title": f"{names[1]} {names[4]}"} for one in run.insights]
    write_json(folder / "insights.json", {"insights": insights, "skipped": {"domain_gap": names[5]}})
    return load_run(folder)


def spans_of(text):
    """Each word of a text, with a score that its place gives it."""
    words = re.finditer(r"\w+", text)
    return tuple(Span(*word.span(), 0.5 - 0.1 * place, True) for place, word in enumerate(words))
