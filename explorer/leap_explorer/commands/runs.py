"""What the commands do and print; shared by `python -m leap_explorer` and an integration's own command."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from leap_explorer.commands.terminal import Column, Screen, print_table, printable
from leap_explorer.errors import ExplorerError
from leap_explorer.extras import require
from leap_explorer.runs.run import SKIPPED, TEXTS, Run, load_run

if TYPE_CHECKING:
    from leap_explorer.insights import Insight
    from leap_explorer.insights.claims import Claim

console = Screen()
errors = Screen(stderr=True)


def evaluate_command(
    folder: Path, model: Path | None, out: Path, options: Any, out_of_sample: Path | None = None, cluster: Any = None
) -> int:
    """Evaluate with a progress bar and say what came of it.

    Args:
        options: `leap_explorer.evaluation.plan.Options`.
        out_of_sample: a CSV or Parquet file, as `evaluate` takes it.
        cluster: `leap_explorer.evaluation.cluster.connect.Cluster`, or None.

    Returns:
        The exit code: 1 if any sample failed.
    """
    from leap_explorer.evaluation.evaluate import evaluate

    table = read_table(out_of_sample) if out_of_sample else None
    try:
        with progress() as report:
            run = evaluate(folder, model, out, options, table, report, _say, cluster)
    except KeyboardInterrupt:
        errors.print("What is done so far is kept: the same command resumes from there.", highlight=False)
        raise
    return print_run(run)


def _say(line: str) -> None:
    errors.print(escape(line), highlight=False, soft_wrap=True)


def import_command(table: Path, columns: Mapping[str, Any], out: Path) -> int:
    """Make a run of a table and say what came of it.

    Args:
        columns: what `run_from_frame` is told of the table.

    Returns:
        The exit code, 0.
    """
    from leap_explorer.tables.files import read_table as read_predictions
    from leap_explorer.tables.from_frame import run_from_frame

    faults: dict[int, str] | None = {} if columns.get("bad_rows") == "skip" else None
    with progress() as report:
        frame = read_predictions(table, faults)
        run = run_from_frame(frame, **columns, faults=faults, out=out, source=table.name, report=report)
    code = print_run(run)
    notes = [str(run.info["map_note"])]
    if skipped := run.info.get("skipped"):
        said = f"{skipped['rows']:,} of {len(frame):,} rows cannot be used and are passed over"
        notes.append(f"{said}; {out / SKIPPED} has them. The first is {skipped['first']}.")
    if run.has_texts:
        notes.append(f"The run keeps the texts: delete {out / TEXTS} before you share it, or share a compact copy.")
    if columns.get("subset") is None:
        notes.append("No subset is given, so all rows are taken for ones that the model has not learned from.")
    for note in [*notes, f"See it: leap-explorer explore {out}"]:
        console.print(escape(note), highlight=False, soft_wrap=True)
    return code


def named_probabilities(given: Sequence[str]) -> dict[str, str] | str | None:
    """What `--probability` says: LABEL=COLUMN of each label, or one name with `*` for the label.

    Raises:
        ExplorerError: it says neither, or a label twice.
    """
    if len(given) == 1 and "*" in given[0] and "=" not in given[0]:
        return given[0]
    found: dict[str, str] = {}
    for one in given:
        label, is_pair, column = one.partition("=")
        if not (is_pair and label and column):
            raise ExplorerError(f"--probability is LABEL=COLUMN, or a name with one * for the label, not {one!r}.")
        if label in found:
            raise ExplorerError(f"--probability names the label {label!r} twice.")
        found[label] = column
    return found or None


def print_run(run: Run) -> int:
    """A table of the subsets; the exit code is 1 if any sample failed, and 0 otherwise."""
    from leap_explorer.runs.figures import figure_names
    from leap_explorer.runs.summary import subset_summary

    names = figure_names(run.task.kind)
    columns = [Column("subset"), *(Column(name, "number") for name in ("samples", *names, "loss", "failed"))]
    rows = []
    for row in subset_summary(run):
        figures = {one.name: one.estimate.text(percent=one.is_share) for one in row.figures}
        loss = row.loss.text() if row.loss else ""
        count = f"{row.evaluated:,} of {row.available:,}"
        rows.append([row.subset, count, *(figures.get(name, "") for name in names), loss, f"{row.failed:,}"])
    print_table(console, columns, rows, f"{run.path} ({run.info['model'].get('file', 'unknown')})")
    for line in (run.task.sentence(), "In brackets: 95 % intervals."):
        console.print(escape(line), highlight=False, soft_wrap=True)
    failed = run.samples[run.samples["error"].notna()]
    if len(failed):
        first = failed.iloc[0]
        errors.print(
            f"[bold red]{len(failed):,} of {len(run.samples):,} samples could not be evaluated.[/] The first is "
            f"{escape(str(first['id']))}: {escape(str(first['error']))}",
            highlight=False,
            soft_wrap=True,
        )
    return int(len(failed) > 0)


def insights_command(
    path: Path, as_json: bool = False, csv_folder: Path | None = None, beside: Sequence[Path] = ()
) -> None:
    """Print a run's insights as a table, or as JSON; with a folder, write their samples there as CSV files too.

    Args:
        beside: other runs of the same samples, whose models judge labels too.
    """
    from leap_explorer.insights import Insight, Judge, write_csvs
    from leap_explorer.insights.mislabeled import judged_together

    run, *others = [load_run(one) for one in (path, *beside)]
    own, *judges = [Judge(one.name, one.samples, one.out_of_sample) for one in (run, *others)]
    written = [Insight.from_dict(data) for data in run.insights]
    insights = judged_together(written, run.samples, run.columns, own, judges)
    if as_json:
        print(json.dumps([one.to_dict() for one in insights], indent=1))
    else:
        _print_insights(run, insights)
    if csv_folder is not None:
        files = write_csvs(insights, run.samples, csv_folder, run.words)
        errors.print(f"Wrote {len(files)} CSV files to {escape(str(csv_folder))}.", highlight=False)


def renew_command(path: Path, integration: Path | None) -> None:
    """Look for a run's insights anew, with a progress bar, and print them."""
    require("Renewing a run", "evaluate")
    from leap_explorer.evaluation.renew import renew

    with progress() as report:
        run = renew(load_run(path), integration, report)
    insights_command(run.path)


def _print_insights(run: Run, insights: Sequence["Insight"]) -> None:
    """A table with what to do about each, and how many labels are in doubt in all."""
    from leap_explorer.insights.kinds import kind_of
    from leap_explorer.insights.mislabeled import likely_mislabelled

    columns = [Column("severity"), *(Column(name, "text") for name in ("what was found", "what to do"))]
    rows = [
        [
            f"{insight.severity_label} {100 * insight.severity:.1f} %",
            insight.title,
            kind_of(insight).action(insight),
            f"{insight.n_samples:,} of {insight.n_total:,}",
        ]
        for insight in insights
    ]
    print_table(console, [*columns, Column("samples", "number")], rows, f"{len(insights)} insights of {run.path}")
    notes = ["Severity: the most of the held-out loss that acting on it could remove."]
    if doubts := likely_mislabelled(insights):
        notes.append(f"{doubts:,} labels are likely mislabelled.")
    notes += [f"Not checked: {kind.replace('_', ' ')}. {reason}" for kind, reason in run.skipped_insights.items()]
    for note in notes:
        console.print(escape(note), highlight=False, soft_wrap=True)


@dataclass(frozen=True)
class Place:
    """Where a dashboard is served."""

    port: int  #: 0 takes any free one
    host: str = "127.0.0.1"  #: what it listens on
    allowed: tuple[str, ...] = ()  #: further names that lead to it
    prefix: str = "/"  #: what a proxy puts before its path


def explore_command(
    runs: Sequence[Run],
    reader: Any,
    state_folder: Path,
    place: Place,
    opens_browser: bool,
    export: Path | None,
    claims: Sequence["Claim"] = (),
) -> None:
    """Serve the dashboard of some runs until Ctrl-C; or, with a file to export to, write their report and end.

    Args:
        reader, state_folder, claims: as `export_command` has them.
    """
    if export is not None:
        export_command(runs, reader, state_folder, export, claims)
        return
    from leap_explorer.dashboard.access import access_for
    from leap_explorer.dashboard.server import serve

    access = access_for(place.host, place.allowed, place.prefix)
    serve(runs, reader, state_folder, place.port, opens_browser, claims, access)


def export_command(
    runs: Sequence[Run], reader: Any, state_folder: Path, target: Path, claims: Sequence["Claim"] = ()
) -> None:
    """Write the report of some runs to a file, and say where it is and how large.

    Args:
        reader: a `leap_explorer.explain.reader.TextReader` or `leap_explorer.samples.drawer.SampleDrawer`, or None.
        state_folder: where the dashboard keeps what the user thinks of the insights.
        claims: what is said of the models, to be tested on their held-out samples.
    """
    from leap_explorer.dashboard.report.export import write_report

    with progress() as report:
        size = write_report(runs, reader, state_folder, target, report, claims)
    console.print(
        f"Wrote {escape(str(target))} ({size / 1e6:.1f} MB). It opens in any browser and needs nothing else.",
        highlight=False,
        soft_wrap=True,
    )


def read_table(path: Path) -> pd.DataFrame:
    """A CSV or Parquet file; an `id` is text, whatever the file says.

    Raises:
        ExplorerError: it cannot be read.
    """
    from leap_explorer.tables.files import check_plain
    from leap_explorer.unpacked import check_parquet

    check_plain(path, "There are no probabilities at")
    try:
        if path.suffix == ".parquet":
            check_parquet(path)
            table = pd.read_parquet(path)
        else:
            table = pd.read_csv(path, dtype={"id": str}, compression=None)
    except Exception as error:  # pandas and pyarrow raise their own, by what is damaged
        raise ExplorerError(f"{path} cannot be read: {error}") from error
    return table.astype({"id": str}) if "id" in table else table


@contextmanager
def progress() -> Iterator[Any]:
    """A `report` function for what takes long: a bar on a terminal, a line for every tenth elsewhere."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task("Starting", total=1)
        last: tuple[str, int] = ("", -1)

        def report(what: str, done: int, total: int) -> None:
            nonlocal last
            if what != last[0]:
                bar.reset(task, total=total, description=escape(printable(what)))
            bar.update(task, completed=done, total=total)
            tenth = 10 * done // max(total, 1)
            if not errors.is_terminal and (what, tenth) != last:
                errors.print(escape(f"{what}: {done:,} of {total:,}" if total > 1 else what), highlight=False)
            last = (what, tenth)

        yield report
