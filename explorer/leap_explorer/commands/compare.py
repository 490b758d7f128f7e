"""What the command `compare` does and prints."""

from pathlib import Path

from rich.markup import escape

from leap_explorer.commands.runs import console, errors
from leap_explorer.commands.terminal import Column, print_table, printable
from leap_explorer.comparison.compare import Comparison, compare
from leap_explorer.comparison.report import (
    OUTCOMES,
    changed_samples,
    comparison_json,
    comparison_markdown,
    sample_rows,
    slice_rows,
    slice_titles,
)
from leap_explorer.comparison.sentences import sentences
from leap_explorer.errors import ExplorerError
from leap_explorer.runs.atomic import written_whole
from leap_explorer.runs.run import Run, write_json
from leap_explorer.spreadsheet import to_csv

#: Rows of a table in the terminal.
_SHOWN = 5


def compare_command(
    base: Run, new: Run, json: Path | None = None, markdown: Path | None = None, csv: Path | None = None
) -> None:
    """Compare two runs, print what was found, and write it to the files that are given.

    Raises:
        ExplorerError: the runs cannot be compared, or a file cannot be written.
    """
    found = compare(base, new)
    _print(found)
    for path in (json, markdown, csv):
        if path is not None:
            _write(path, found, path is json, path is markdown)
            errors.print(f"Wrote {escape(str(path))}.", highlight=False, soft_wrap=True)


def _print(found: Comparison) -> None:
    training = [found.training_data.sentence()] if found.training_data else []
    for line in (found.matching.sentence(), *training, *sentences(found)):
        console.print(escape(printable(line)), highlight=False, soft_wrap=True)
    columns = [Column(title, "text" if place == 0 else "number") for place, title in enumerate(slice_titles(found))]
    if rows := slice_rows(found):
        print_table(
            console, columns, rows, f"The surest of {len(found.slices):,} slices (* chance does not explain it)"
        )
    samples = changed_samples(found)
    titles = ("id", "label", "in base", "in new", "loss")
    for outcome in OUTCOMES[:2]:
        of_outcome = samples[samples["outcome"] == outcome]
        if len(of_outcome):
            title = f"{len(of_outcome):,} {outcome}; those whose loss changed most"
            print_table(console, [*map(Column, titles)], sample_rows(of_outcome, _SHOWN), title)


def _write(path: Path, found: Comparison, is_json: bool, is_markdown: bool) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if is_json:
            write_json(path, comparison_json(found))
            return
        text = comparison_markdown(found) if is_markdown else to_csv(changed_samples(found))
        with written_whole(path) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise ExplorerError(f"{path} cannot be written: {error.strerror}.") from error
