"""Reviewing doubtful labels: the ranking, the user's verdicts kept on disk, and what they come to as a table."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.user_state import changing, read_kept
from leap_explorer.explain.reader import TextReader
from leap_explorer.insights.judges import Opinions, opinions
from leap_explorer.insights.mislabeled import issues_by
from leap_explorer.insights.rows import TRAINING, in_subset
from leap_explorer.spreadsheet import to_csv

FILE = "label-review.json"

#: The verdicts, as the file and the corrected data know them: change the label, leave the sample out, keep the label.
FLIP, AMBIGUOUS, FINE = "flip", "ambiguous", "fine"
VERDICTS = (FLIP, AMBIGUOUS, FINE)

Decision = Mapping[str, Any]


@lru_cache(maxsize=16)
def said(data: RunData) -> Opinions:
    """What the models of all open runs say of the labels of a run's samples, where they have not learned from them.

    Raises:
        NotApplicable: the run is no classifier's.
    """
    return opinions(data.judge, data.other_judges)


def has_several_judges(data: RunData) -> bool:
    """Whether some sample is judged by more than one model."""
    return bool((said(data).given.sum(axis=0) > 1).any())


@lru_cache(maxsize=16)
def ranking(data: RunData, alone: bool = False) -> pd.DataFrame:
    """The doubtful labels of a run, the most suspicious first, indexed by the sample's key.

    The columns of `label_issues` and `row`, the sample's row in the run, and `rank`, from 1 within its kind.

    Args:
        alone: only the run's own model judges, not those of the other open runs.

    Raises:
        NotApplicable: the run is no classifier's, or has no probability that says something about its labels.
    """
    issues = issues_by(data.run.samples, opinions(data.judge) if alone else said(data))
    keys = issues["subset"].astype(str) + "/" + issues["id"].astype(str)
    rows = [data.rows[key] for key in keys]
    ranks = issues.groupby("kind").cumcount() + 1
    return issues.assign(row=rows, rank=ranks).set_index(keys.rename("key"))


def training_left_out(data: RunData) -> int:
    """Labelled training samples that are not judged: each model has seen their labels."""
    training = in_subset(data.run.samples, TRAINING) & data.run.samples["ground_truth"].notna().to_numpy(dtype=bool)
    return int((training & ~said(data).given.any(axis=0)).sum())


def read_decisions(folder: Path, data: RunData) -> dict[str, dict[str, Any]]:
    """The decisions on a run's samples by their keys, the oldest first.

    A decision holds for every run of the same sample, and for the others that were open when it was made. One on a
    sample whose words or label have changed since is passed over.

    Raises:
        ExplorerError: the file holds something else.
    """
    kept = read_kept(folder / FILE)
    place = {name: place for place, name in enumerate(kept)}
    found: dict[str, dict[str, Any]] = {}
    places: dict[str, int] = {}
    for key, names in _names(data).items():
        for name in names:
            decision = kept.get(name)
            if not isinstance(decision, dict) or decision.get("verdict") not in VERDICTS:
                continue
            if _is_of(decision, data, key) and place[name] > places.get(key, -1):
                found[key], places[key] = decision, place[name]
    return dict(sorted(found.items(), key=lambda pair: places[pair[0]]))


def decide(folder: Path, data: RunData, verdicts: Mapping[str, str | None], alone: bool = False) -> None:
    """Keep verdicts by the samples' keys; None takes one back. Keys that are not in the ranking are passed over.

    Args:
        alone: as of `ranking`.

    Raises:
        ExplorerError: they cannot be kept.
        ValueError: there is no such verdict.
    """
    if unknown := {verdict for verdict in verdicts.values() if verdict is not None} - set(VERDICTS):
        raise ValueError(f"{unknown} are no verdicts; there are {', '.join(VERDICTS)}")
    issues, names = ranking(data, alone), _names(data)
    with changing(folder / FILE) as kept:
        for key, verdict in verdicts.items():
            if key not in issues.index:
                continue
            own = names[key][0]
            is_kept = verdict is not None and kept.get(own, {}).get("verdict") == verdict
            for name in names[key][is_kept:]:
                kept.pop(name, None)  # the file is in the order of the decisions
            if verdict is not None and not is_kept:
                kept[own] = _decision(issues.loc[[key]].to_dict("records")[0], verdict)


def verdicts_of(data: RunData, answers: Mapping[str, str]) -> dict[str, str]:
    """By key the verdicts that people's answers, by sample id, come to; of samples in the ranking alone.

    The label that the data have is kept, the suggested one taken, and any other answer means that it could be either.
    """
    issues = ranking(data)
    named = zip(issues.index, issues["id"].astype(str), issues["ground_truth"], issues["suggested"], strict=True)
    return {
        str(key): {given: FINE, suggested: FLIP}.get(answers[sample_id], AMBIGUOUS)
        for key, sample_id, given, suggested in named
        if sample_id in answers
    }


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


def corrected_csv(reader: TextReader | None, data: RunData, decisions: Mapping[str, Decision]) -> str:
    """The data with the decisions carried out, to train on; without a reader of texts, the decisions alone."""
    table = decisions_table(data, decisions)
    if reader is None:
        return to_csv(table[["id", "given", "verdict"]].rename(columns={"verdict": "decision"}))
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    return reader.label_csv([{str(name): value for name, value in row.items()} for row in rows])


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
def _names(data: RunData) -> dict[str, tuple[str, ...]]:
    """By a sample's key its names in the file, this run's first, then those of the other open runs."""
    named: dict[str, tuple[str, ...]] = {key: (name,) for key, name in _names_in(data.frame, data.keys).items()}
    for _, run in data.beside:
        keys = (run.samples["subset"].astype(str) + "/" + run.samples["id"].astype(str)).tolist()
        for key, name in _names_in(run.samples, keys).items():
            if key in named and name not in named[key]:
                named[key] += (name,)
    return named


def _names_in(samples: pd.DataFrame, keys: list[str]) -> dict[str, str]:
    """By key the sample's id, and what tells its words from others of the same id: a hash of what the model reads."""
    ids = samples["id"].astype(str)
    if "input_hash" not in samples:
        return dict(zip(keys, ids, strict=True))
    hashes = samples["input_hash"].astype("UInt64").fillna(0)
    return {key: f"{name} {digest:016x}" for key, name, digest in zip(keys, ids, hashes, strict=True)}


def _id(data: RunData, key: str) -> str:
    return str(data.frame["id"].iloc[data.rows[key]])


def _subset(data: RunData, key: str) -> str:
    return str(data.frame["subset"].iloc[data.rows[key]])
