"""A small made-up run, ready to draw."""

from pathlib import Path

import pandas as pd

from leap_explorer.dashboard.context import make_context
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.runs.run import Run

ROLES = {
    "id": "id",
    "subset": "subset",
    "ground_truth": "ground_truth",
    "prediction": "prediction",
    "probability_no": "probability",
    "loss": "loss",
    "metadata_words": "metadata",
    "metadata_empty": "metadata",
    "metadata_flag": "metadata",
    "metadata_name": "metadata",
    "error": "error",
    "map_x": "map",
    "map_y": "map",
    "cluster": "cluster",
}


def made_frame():
    """Five samples: right, wrong, without a label, failed, right; the last has the id of the first."""
    return pd.DataFrame(
        {
            "id": ["a1", "b2", "c3", "d4", "a1"],
            "subset": ["training", "training", "test", "test", "test"],
            "ground_truth": pd.array(["no", "yes", None, "no", "yes"], dtype="string"),
            "prediction": pd.array(["no", "no", "yes", None, "yes"], dtype="string"),
            "probability_no": pd.array([0.9, 0.6, 0.2, None, 0.1], dtype="Float32"),
            "loss": pd.array([0.1, 0.9, None, None, 0.1], dtype="Float32"),
            "metadata_words": pd.array([5, 7, 7, None, 9], dtype="Int64"),
            "metadata_empty": pd.array([None] * 5, dtype="Float32"),
            "metadata_flag": pd.array([True, False, None, True, True], dtype="boolean"),
            "metadata_name": pd.array(["x", "y", "y", None, "y"], dtype="string"),
            "error": pd.array([None, None, None, "broken", None], dtype="string"),
            "map_x": pd.array([0.0, 1.0, 2.0, None, 4.0], dtype="Float32"),
            "map_y": pd.array([0.0, 1.0, 0.0, None, 0.0], dtype="Float32"),
            "cluster": pd.array([1, 0, 1, None, 0], dtype="Int16"),
        }
    )


def made_data(frame=None, name="toy", labels=("yes", "no"), clusters=()):
    columns = {column: {"role": role, "type": "", "direction": None} for column, role in ROLES.items()}
    run = Run(Path("runs") / name, {"columns": columns, "labels": list(labels) or None})
    vars(run).update({"samples": made_frame() if frame is None else frame, "clusters": list(clusters)})
    return RunData(run, name)


def made_context(*runs, reader=None):
    return make_context([data.run for data in runs or (made_data(),)], reader, Path("state"))
