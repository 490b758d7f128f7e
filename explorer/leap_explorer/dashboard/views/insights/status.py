"""What the user thinks of the insights: a status for each, kept on disk; and the exports."""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import pandas as pd

from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.user_state import changing, read_kept
from leap_explorer.insights import Check, Insight, insights_table
from leap_explorer.insights.filters import readable
from leap_explorer.insights.kinds import kind_of
from leap_explorer.insights.mislabeled import judged_together
from leap_explorer.runs.run import Run
from leap_explorer.spreadsheet import to_csv

FILE = "insight-status.json"

OPEN, IN_REVIEW, APPROVED, ARCHIVED = "open", "in review", "approved", "archived"
STATUSES = (OPEN, IN_REVIEW, APPROVED, ARCHIVED)

_BOUNDS = {"<=": "at most", "<": "below", ">=": "at least", ">": "above"}

#: What a filter offers on top of them: all but the archived ones, and all.
CURRENT, ALL = "current", "all"


@lru_cache(maxsize=16)
def insights_of(data: RunData) -> tuple[Insight, ...]:
    """The run's insights, the most severe first, those of wrong labels as the models of all open runs see them.

    Raises:
        ExplorerError: the run's file holds something else.
    """
    written = [Insight.from_dict(one) for one in data.run.insights]
    return tuple(judged_together(written, data.run.samples, data.run.columns, data.judge, data.other_judges))


def read_statuses(folder: Path, run: Run) -> dict[str, str]:
    """By the insight's id, of those whose status was ever set.

    Raises:
        ExplorerError: the file holds something else.
    """
    of_run = read_kept(folder / FILE).get(fingerprint(run), {})
    return {str(name): status for name, status in dict(of_run).items() if status in STATUSES}


def set_status(folder: Path, run: Run, insight: str, status: str) -> None:
    """Keep an insight's status.

    Raises:
        ExplorerError: it cannot be kept.
        ValueError: there is no such status.
    """
    if status not in STATUSES:
        raise ValueError(f"{status!r} is no status; there are {', '.join(STATUSES)}")
    with changing(folder / FILE) as kept:
        kept.setdefault(fingerprint(run), {})[insight] = status


def fingerprint(run: Run) -> str:
    """What tells a run from any other: an insight of a run that was made anew may be another finding."""
    return str(run.info.get("fingerprint") or run.name)


def chosen(insights: Sequence[Insight], statuses: Mapping[str, str], kind: str, status: str) -> list[Insight]:
    """Those of a kind (or `ALL`) and of a status (or `CURRENT`, or `ALL`), in their order."""
    return [one for one in insights if kind in (ALL, kind_of(one).title) and _has(statuses.get(one.id, OPEN), status)]


def insights_csv(insights: Sequence[Insight], statuses: Mapping[str, str]) -> str:
    """A table of insights, one a row, with each one's status and regression guard."""
    rows = [
        {**row, "status": statuses.get(insight.id, OPEN), "guard": guard_in_words(insight.test) if insight.test else ""}
        for row, insight in zip(insights_table(insights), insights, strict=True)
    ]
    names = ["rank", "id", "kind", "severity", "severity_label", "samples", "title", "filter", "status", "guard"]
    return to_csv(pd.DataFrame(rows, columns=names))


def guards_json(insights: Sequence[Insight]) -> str:
    """The insights' regression guards, if they have one, as `leap_explorer.insights.load_checks` reads them."""
    tests = [one.test.to_dict() for one in insights if one.test]
    return json.dumps(tests, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def guard_in_words(guard: Check) -> str:
    """What a regression guard asks of a model, such as `mean loss of its samples at most 0.488`."""
    bound = f"{_BOUNDS[guard.operator]} {guard.value:.4g}"
    if guard.metric is None:
        return f"{guard.statistic} of its samples {bound}"
    return f"mean {readable(guard.metric)} of its samples {bound}"


def _has(status: str, wanted: str) -> bool:
    return wanted == ALL or status == wanted or (wanted == CURRENT and status != ARCHIVED)
