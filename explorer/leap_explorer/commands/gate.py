"""What the commands of the gate do and print."""

from collections.abc import Sequence
from math import ceil
from pathlib import Path

from rich.markup import escape

from leap_explorer.commands.runs import console
from leap_explorer.commands.terminal import printable
from leap_explorer.comparison.robustness import robustness
from leap_explorer.dashboard.views.insights.status import ARCHIVED, read_statuses
from leap_explorer.errors import ExplorerError
from leap_explorer.gate.judge import Verdict, judge
from leap_explorer.gate.reports import in_short, junit_xml, summary_markdown
from leap_explorer.gate.tests_file import NoSliceWorse, load_tests, yaml_of
from leap_explorer.insights import Insight
from leap_explorer.runs.atomic import written_whole
from leap_explorer.runs.run import Run

_MARKS = {"passed": "[green]passed[/]", "failed": "[bold red]FAILED[/]", "skipped": "[yellow]skipped[/]"}


def check_command(
    run: Run,
    tests: Path,
    base: Run | None = None,
    strict: bool = False,
    junit: Path | None = None,
    markdown: Path | None = None,
) -> bool:
    """Make the tests of a file on a run, print each, write the reports, and say whether none failed.

    Args:
        base, strict: as `judge` has them.
        junit, markdown: files to write.

    Raises:
        ExplorerError: there is nothing to be tested, or something cannot be read or written.
    """
    try:
        verdicts = judge(run, load_tests(tests), base, strict)
    except ExplorerError as error:
        raise ExplorerError(f"{tests}: {error}" if str(tests) not in str(error) else str(error)) from error
    for path, text in ((junit, junit_xml), (markdown, summary_markdown)):
        if path is not None:
            _write(path, text(verdicts, run.name))
    _print(verdicts)
    return all(one.outcome != "failed" for one in verdicts)


def new_tests_command(run: Run, out: Path, review: Path) -> None:
    """Write the tests of a run's insights, but for those that a person has archived.

    Args:
        review: the folder where the dashboard keeps the insights' statuses.

    Raises:
        ExplorerError: the file is there already, or cannot be written.
    """
    if out.exists():
        raise ExplorerError(f"{out} is there already, and may have been edited. Give another file: --out FILE.")
    statuses = read_statuses(review, run)
    kept = [one for one in map(Insight.from_dict, run.insights) if statuses.get(one.id) != ARCHIVED]
    limit = NoSliceWorse() if run.task.is_classifier else NoSliceWorse(0.0, "loss")
    _write(out, yaml_of(kept, run.name, out.name, limit, _dearest(run)))
    count = sum(one.test is not None for one in kept)
    console.print(f"Wrote {count} tests to {escape(str(out))}. Edit it as you like.", highlight=False, soft_wrap=True)


def _dearest(run: Run) -> float | None:
    """The error rate, 0-1, that a change costs at most: the highest end of the intervals, in full per cent.

    None of a run without simulated samples, and of what is no classifier.
    """
    changes = (one.comparison.error for one in robustness(run) if one.comparison is not None)
    ends = [one.estimate.high for one in changes if one is not None]
    return max(0, ceil(100 * max(ends))) / 100 if ends else None


def _print(verdicts: Sequence[Verdict]) -> None:
    for one in verdicts:
        _say(f"{_MARKS[one.outcome]} {escape(printable(one.name))}: {escape(printable(one.message))}")
        if one.examples:
            _say(f"       such as {escape(printable(', '.join(one.examples)))}")
    _say(in_short(verdicts))


def _say(line: str) -> None:
    console.print(line, highlight=False, soft_wrap=True)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ExplorerError(f"{path} cannot be written: {error.strerror}.") from error
