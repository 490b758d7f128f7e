"""Reviewing doubtful labels: the ranking, the user's verdicts kept on disk, and what they come to as a table."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.user_state import changing, read_kept
from leap_explorer.insights import label_issues
from leap_explorer.insights.rows import TRAINING, in_subset
from leap_explorer.spreadsheet import to_csv

FILE = "label-review.json"

#: The verdicts, as the file and the corrected data know them: change the label, leave the sample out, keep the label.
FLIP, AMBIGUOUS, FINE = "flip", "ambiguous", "fine"
VERDICTS = (FLIP, AMBIGUOUS, FINE)

Decision = Mapping[str, Any]


@lru_cache(maxsize=16)
def ranking(data: RunData) -> pd.DataFrame:
    """The doubtful labels of a run, the most suspicious first, indexed by the sample's key.

    The columns of `label_issues` (`id`, `subset`, `ground_truth`, `suggested`, `quality`, `kind`) and `row`, the
    sample's row in the run, and `rank`, from 1 within its kind.

    Raises:
        NotApplicable: the run is no classifier's, or has no probability that says something about its labels.
    """
    issues = label_issues(data.run.samples, getattr(data.run, "out_of_sample", None))
    keys = issues["subset"].astype(str) + "/" + issues["id"].astype(str)
    rows = [data.rows[key] for key in keys]
    ranks = issues.groupby("kind").cumcount() + 1
    return issues.assign(row=rows, rank=ranks).set_index(keys.rename("key"))


def training_left_out(data: RunData) -> int:
    """Labelled training samples that are not judged: the model has seen their labels, and no other model was asked."""
    samples, table = data.run.samples, getattr(data.run, "out_of_sample", None)
    left_out = in_subset(samples, TRAINING) & samples["ground_truth"].notna().to_numpy(dtype=bool)
    if table is not None:
        left_out &= ~samples["id"].isin(table["id"]).to_numpy(dtype=bool)
    return int(left_out.sum())


def out_of_sample(data: RunData, issue: Mapping[Any, Any]) -> dict[str, float] | None:
    """By label what a model says of a training sample that it was not trained on; None of others, or if unknown."""
    table = getattr(data.run, "out_of_sample", None)
    if table is None or issue["subset"] != TRAINING:
        return None
    found = table[(table["id"] == issue["id"]).to_numpy(dtype=bool, na_value=False)]
    return {label: float(found[f"probability_{label}"].iloc[0]) for label in data.labels} if len(found) else None


def read_decisions(folder: Path, data: RunData) -> dict[str, dict[str, Any]]:
    """The decisions on a run's samples by their keys, the oldest first.

    A decision holds for every run of the same sample. One on a sample whose words or label have changed since is
    passed over.

    Raises:
        ExplorerError: the file holds something else.
    """
    kept = read_kept(folder / FILE)
    found = {}
    for key, name in _names(data).items():
        decision = kept.get(name)
        if isinstance(decision, dict) and decision.get("verdict") in VERDICTS and _is_of(decision, data, key):
            found[key] = decision
    place = {name: place for place, name in enumerate(kept)}
    return dict(sorted(found.items(), key=lambda pair: place[_names(data)[pair[0]]]))


def decide(folder: Path, data: RunData, verdicts: Mapping[str, str | None]) -> None:
    """Keep verdicts by the samples' keys; None takes one back. Keys that are not in the ranking are passed over.

    Raises:
        ExplorerError: they cannot be kept.
        ValueError: there is no such verdict.
    """
    if unknown := {verdict for verdict in verdicts.values() if verdict is not None} - set(VERDICTS):
        raise ValueError(f"{unknown} are no verdicts; there are {', '.join(VERDICTS)}")
    issues, names = ranking(data), _names(data)
    with changing(folder / FILE) as kept:
        for key, verdict in verdicts.items():
            if key not in issues.index:
                continue
            if verdict is None:
                kept.pop(names[key], None)
            elif kept.get(names[key], {}).get("verdict") != verdict:
                kept.pop(names[key], None)  # the file is in the order of the decisions
                kept[names[key]] = _decision(issues.loc[[key]].to_dict("records")[0], verdict)


def decisions_table(data: RunData, decisions: Mapping[str, Decision]) -> pd.DataFrame:
    """The decisions, one a row: `id`, `subset`, `given`, `suggested`, `verdict`, `label` and `decided`.

    `label` is the right one according to the verdict: the suggested one of a flip, empty where it is ambiguous.
    """
    names = ["id", "subset", "given", "suggested", "verdict", "label", "decided"]
    rows = [{**decision, "id": _id(data, key), "subset": _subset(data, key)} for key, decision in decisions.items()]
    return pd.DataFrame(rows, columns=names)


def decisions_csv(data: RunData, decisions: Mapping[str, Decision]) -> str:
    """`decisions_table` as CSV."""
    return to_csv(decisions_table(data, decisions))


def _is_of(decision: Decision, data: RunData, key: str) -> bool:
    return decision.get("given") == str(data.frame["ground_truth"].iloc[data.rows[key]])


def _decision(issue: Mapping[Any, Any], verdict: str) -> dict[str, Any]:
    given, suggested = str(issue["ground_truth"]), str(issue["suggested"])
    return {
        "verdict": verdict,
        "given": given,
        "suggested": suggested,
        "label": {FLIP: suggested, FINE: given}.get(verdict),
        "decided": datetime.now(UTC).isoformat(timespec="milliseconds"),
    }


@lru_cache(maxsize=16)
def _names(data: RunData) -> dict[str, str]:
    """By a sample's key its name in the file: its id, and what tells its words from others of the same id."""
    ids = data.frame["id"].astype(str)
    if "input_hash" not in data.frame:
        return dict(zip(data.keys, ids, strict=True))
    hashes = data.frame["input_hash"].astype("UInt64").fillna(0)
    return {key: f"{name} {digest:016x}" for key, name, digest in zip(data.keys, ids, hashes, strict=True)}


def _id(data: RunData, key: str) -> str:
    return str(data.frame["id"].iloc[data.rows[key]])


def _subset(data: RunData, key: str) -> str:
    return str(data.frame["subset"].iloc[data.rows[key]])
