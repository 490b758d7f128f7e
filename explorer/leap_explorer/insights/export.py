"""Insights as tables, on the screen and as CSV files. The samples' content is in none of them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from leap_explorer.insights.checks import Check
from leap_explorer.insights.filters import Words, describe, select
from leap_explorer.insights.insight import Insight
from leap_explorer.runs.atomic import write_text
from leap_explorer.spreadsheet import to_csv

_SAMPLE_COLUMNS = ("id", "subset", "ground_truth", "prediction", "loss")


def insights_table(insights: Sequence[Insight]) -> list[dict[str, Any]]:
    """One row an insight, in the given order."""
    return [
        {
            "rank": rank,
            "id": insight.id,
            "kind": insight.subkind or insight.kind,
            "severity": insight.severity,
            "severity_label": insight.severity_label,
            "samples": f"{insight.n_samples:,} of {insight.n_total:,}",
            "title": insight.title,
            "filter": describe(insight.filter),
        }
        for rank, insight in enumerate(insights, start=1)
    ]


def write_csvs(
    insights: Sequence[Insight], samples: pd.DataFrame, folder: Path, words: Words | None = None
) -> list[Path]:
    """Write `insights.csv` and, for each insight, `<id>.csv` with its samples; returns the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    overview = pd.DataFrame(insights_table(insights), columns=_overview_columns())
    paths = [_write(to_csv(overview), folder / "insights.csv")]
    shown = [name for name in _SAMPLE_COLUMNS if name in samples.columns]
    for insight in insights:
        chosen = samples.loc[select(samples, insight.filter, words), shown]
        paths.append(_write(to_csv(chosen), folder / f"{insight.id}.csv"))
    return paths


def write_checks(checks: Sequence[Check], path: Path) -> Path:
    """Write checks as a file that `load_checks` reads; returns its path."""
    data = [check.to_dict() for check in checks]
    return _write(json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n", path)


def _overview_columns() -> list[str]:
    return ["rank", "id", "kind", "severity", "severity_label", "samples", "title", "filter"]


def _write(text: str, path: Path) -> Path:
    """Write a file under a temporary name, then rename it, so that it is complete or not there."""
    write_text(path, text)
    return path
