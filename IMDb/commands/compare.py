"""`imdb compare`: where two models disagree, and the words that pull them apart."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from IMDb.commands.explorer import run_folder
from IMDb.commands.options import DataOption, console, print_written, progress_bar, settings
from IMDb.config import LABELS, ModelName, write_atomically
from IMDb.errors import UserError
from leap_explorer.commands.terminal import Column, print_table
from leap_explorer.spreadsheet import to_csv

if TYPE_CHECKING:
    import pandas as pd

    from IMDb.explain.reader import ReviewTexts
    from leap_explorer.explain.alignment import Span
    from leap_explorer.explain.model_comparison import WordContrast
    from leap_explorer.explain.reader import Explanation
    from leap_explorer.runs.run import Run

CONTRAST_WORDS = 5


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command()(compare)


def compare(
    run_a: Annotated[Path | None, typer.Option("--run-a", metavar="RUN", help="Default: the one of dense.")] = None,
    run_b: Annotated[
        Path | None, typer.Option("--run-b", metavar="RUN", help="Another. Default: that of bert.")
    ] = None,
    split: Annotated[str, typer.Option("--split", help="Of which reviews.")] = "validation",
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many reviews to explain.")] = 20,
    json_file: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write them as JSON.")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write them as CSV.")] = None,
    data: DataOption = None,
) -> None:
    """Count what a second model fixes and breaks; list where the two disagree, and the words that pull them apart.

    The largest difference in loss comes first. A word's share is its part of all that a model's words do for
    `positive` (above 0) or against it (below 0); the words shown are those whose shares differ most.
    """
    from IMDb.explain.reader import ReviewTexts, model_of
    from leap_explorer.explain.model_comparison import disagreements

    config = settings(None, data)
    runs = _run(run_a, "dense"), _run(run_b, "bert")
    found = disagreements(runs[0].samples, runs[1].samples, split)
    counts = _outcomes(runs, split)
    names = [model_of(run) for run in runs]
    texts = [ReviewTexts(config.model_copy(update={"model": name})) for name in names]
    words = _words_apart(texts, found["id"].head(limit).tolist())
    _print_outcomes(counts, names, split)
    _print_disagreements(found.head(limit), words, names, len(found), split)
    if json_file is not None:
        facts = {"models": dict(zip("ab", names, strict=True)), "split": split, "outcomes": counts}
        write_atomically(json_file, _disagreements_json(found, words, facts))
    if csv is not None:
        write_atomically(csv, _disagreements_csv(found, words))
    print_written(json_file, csv)


def _outcomes(runs: "tuple[Run, Run]", split: str) -> dict[str, int]:
    """How many reviews of a split the second run fixes and breaks of the first, and the others; by what they are."""
    from leap_explorer.comparison.compare import who_is_right
    from leap_explorer.comparison.pairs import Pairs
    from leap_explorer.runs.held_out import evaluated

    pairs = Pairs.of(*(run.samples for run in runs))
    rows = pairs.matching.base, pairs.matching.new
    in_split = (runs[0].samples["subset"].iloc[rows[0]] == split).to_numpy()
    for run, mine in zip(runs, rows, strict=True):
        in_split = in_split & evaluated(run.samples)[mine]
    found = who_is_right(pairs, (rows[0][in_split], rows[1][in_split]))
    counts = {
        "fixed": len(found.fixed),
        "broken": len(found.broken),
        "both_wrong": len(found.still_wrong),
        "both_right": found.both_right,
    }
    return counts | {"unlabelled": int(in_split.sum()) - sum(counts.values())}


def _run(given: Path | None, name: ModelName) -> "Run":
    from leap_explorer.runs.run import load_run

    folder = given or run_folder(name)
    if not folder.exists():
        raise UserError(f"There is no run at {folder}. Make one with `imdb evaluate --model {name}`.")
    return load_run(folder)


def _words_apart(texts: "Sequence[ReviewTexts]", ids: Sequence[str]) -> "dict[str, list[WordContrast]]":
    """By review: the words, with each of two models' share of its score towards `positive`."""
    from leap_explorer.explain.model_comparison import words_apart

    found = {}
    with progress_bar() as progress:
        for review_id in progress.track(ids, description="Explaining"):
            text = texts[0].text(review_id)
            if text is None:
                raise UserError(f"The data has no review {review_id}; give the data of the runs with --data.")
            a, b = (_shown(one.explain(text, LABELS[1])) for one in texts)
            found[review_id] = words_apart(text, a, b, CONTRAST_WORDS)
    return found


def _shown(explanation: "Explanation") -> "Sequence[Span]":
    """The spans, unless there is a warning."""
    return explanation.spans if explanation.warning is None else ()


def _print_outcomes(counts: Mapping[str, int], names: Sequence[str], split: str) -> None:
    """How many reviews each of the two gets right, those that differ first."""
    a, b = names
    lines = {
        "fixed": (counts["fixed"], f"{a} is wrong, {b} is right"),
        "broken": (counts["broken"], f"{a} is right, {b} is wrong"),
        "both wrong": (counts["both_wrong"], ""),
        "both right": (counts["both_right"], ""),
    }
    unlabelled = f"; {counts['unlabelled']:,} more have no label" if counts["unlabelled"] else ""
    labelled = sum(count for count, _ in lines.values())
    console.print(f"From {a} to {b}, of {labelled:,} labelled {split} reviews{unlabelled}:", highlight=False)
    table = Table(box=None, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    for name, (count, meaning) in lines.items():
        table.add_row(name, f"{count:,}", meaning)
    console.print(table)
    console.print()


def _print_disagreements(
    found: "pd.DataFrame", words: "Mapping[str, list[WordContrast]]", names: Sequence[str], count: int, split: str
) -> None:
    a, b = names
    title = f"{count:,} {split} reviews on which {a} and {b} disagree; {len(found):,} of them:"
    columns = [*map(Column, ("id", "label", a, b)), Column(f"loss {a}", "number"), Column(f"loss {b}", "number")]
    rows = []
    for row in _records(found):
        contrasts = [f"{one.share_a:+.3f} / {one.share_b:+.3f} {one.word}" for one in words[row["id"]]]
        losses = ("" if row[name] is None else f"{row[name]:.3f}" for name in ("loss_a", "loss_b"))
        cells = (row["id"], row["ground_truth"] or "", row["prediction_a"], row["prediction_b"], *losses)
        rows.append([*cells, "\n".join(contrasts)])
    print_table(console, [*columns, Column(f"words: share {a} / {b}", "text")], rows, title)


def _records(found: "pd.DataFrame") -> list[dict[Any, Any]]:
    """The rows, None where a value is missing."""
    return found.astype(object).where(found.notna(), None).to_dict("records")


def _disagreements_json(
    found: "pd.DataFrame", words: "Mapping[str, list[WordContrast]]", facts: Mapping[str, Any]
) -> str:
    """`models` a and b, `split`, `outcomes` as counted, and `reviews` as in `disagreements`, the first with `words`."""
    rows = _records(found)
    for row in rows:
        row["words"] = [vars(one) for one in words[row["id"]]] if row["id"] in words else None
    return json.dumps({**facts, "reviews": rows}, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _disagreements_csv(found: "pd.DataFrame", words: "Mapping[str, list[WordContrast]]") -> str:
    """The columns of `disagreements`, and `words`: those that pull the models apart, strongest first."""
    listed = [" ".join(one.word for one in words.get(review_id, [])) for review_id in found["id"]]
    return to_csv(found.assign(words=listed))
