"""What the command `labels` does and prints; shared by `leap-explorer` and an integration's own command."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from leap_explorer.commands.runs import console
from leap_explorer.commands.terminal import Column, print_table
from leap_explorer.runs.atomic import write_text
from leap_explorer.runs.run import Run

if TYPE_CHECKING:
    import pandas as pd

    from leap_explorer.dashboard.context import Context
    from leap_explorer.dashboard.run_data import RunData


@dataclass(frozen=True)
class LabelFiles:
    """What `labels` writes and reads, where it is asked to."""

    csv: Path | None = None
    label_studio: Path | None = None
    argilla: Path | None = None
    answers: Path | None = None
    corrected: Path | None = None


def labels_command(
    runs: Sequence[Run], reader: Any, state_folder: Path, files: LabelFiles, limit: int = 20, alone: bool = False
) -> None:
    """List the doubtful labels of the first run's samples, as the models of all runs judge them.

    Args:
        reader: of the texts, as the dashboard has it, or None.
        state_folder: where the dashboard keeps verdicts, to which the answers are added.
        alone: only the first run's model judges.
    """
    from leap_explorer.dashboard.context import make_context
    from leap_explorer.dashboard.views.labels import review
    from leap_explorer.insights.annotation import read_answers
    from leap_explorer.insights.judges import opinions

    context = make_context(runs, reader, state_folder)
    data = next(iter(context.data.values()))
    issues = review.ranking(data, alone)
    judges = opinions(data.judge) if alone else review.said(data)
    _print_labels(issues, judges.names, limit)
    if files.answers is not None:
        verdicts = review.verdicts_of(data, read_answers(files.answers))
        review.decide(state_folder, data, dict(verdicts))
        console.print(f"Kept {len(verdicts):,} verdicts of {escape(str(files.answers))}.", highlight=False)
    _write_labels(context, data, issues, files)


def _print_labels(issues: "pd.DataFrame", judges: Sequence[str], limit: int) -> None:
    """The most suspicious labels, and who judged them."""
    from leap_explorer.insights.mislabeled import LIKELY, PRECISION

    names = ("rank", "sample", "subset", "label", "models say", "its chance", "agree", "kind")
    columns = [Column(name, "number" if name in ("rank", "its chance") else "text") for name in names]
    rows = [
        [
            str(rank),
            str(one["id"]),
            str(one["subset"]),
            str(one["ground_truth"]),
            str(one["suggested"]),
            f"{one['quality']:.1%}".replace("%", " %"),
            f"{one['agree']} of {one['judges']}",
            "likely mislabelled" if one["kind"] == LIKELY else "borderline",
        ]
        for rank, one in enumerate(issues.head(limit).to_dict("records"), 1)
    ]
    likely = int((issues["kind"] == LIKELY).sum())
    counts = f"{likely:,} labels are likely mislabelled, {len(issues) - likely:,} borderline"
    print_table(console, columns, rows, f"{counts}; the first {len(rows):,}:", n_headings=2)
    who = f"{'the mean of ' if len(judges) > 1 else ''}{'; '.join(judges)}"
    for line in (f"Judged by {who}, each on what it has not learned from.", PRECISION):
        console.print(escape(line), highlight=False, soft_wrap=True)


def _write_labels(context: "Context", data: "RunData", issues: "pd.DataFrame", files: LabelFiles) -> None:
    from leap_explorer.dashboard.views.labels import review
    from leap_explorer.insights.annotation import Tool, set_up, tasks
    from leap_explorer.spreadsheet import to_csv

    if files.csv is not None:
        table = issues.drop(columns=["row", "rank"])
        write_text(files.csv, to_csv(table.assign(rank=range(1, len(table) + 1))))
    exports: dict[Tool, Path | None] = {"label-studio": files.label_studio, "argilla": files.argilla}
    for tool, path in exports.items():
        if path is not None:
            content = json.dumps(tasks(tool, issues, context.text), ensure_ascii=False, indent=1)
            write_text(path, content + "\n")
            wanted = f"Set up in {tool}: {set_up(tool, data.labels)}"
            console.print(wanted, highlight=False, soft_wrap=True, markup=False)
    if files.corrected is not None:
        content = review.corrected_csv(context.reader, data, review.read_decisions(context.state_folder, data))
        write_text(files.corrected, content)
    for path in (files.csv, files.label_studio, files.argilla, files.corrected):
        if path is not None:
            console.print(f"Wrote {escape(str(path))}.", highlight=False, soft_wrap=True)
