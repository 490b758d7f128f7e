"""`imdb predict`: score a file of reviews, or one text."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from IMDb.commands.options import ModelOption, console, progress_bar, settings, working
from IMDb.config import LABELS, Config
from IMDb.errors import UserError
from IMDb.model_specs import MODELS
from leap_explorer.terminal import print_probabilities

if TYPE_CHECKING:
    from IMDb.models.prediction import Tally


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command()(predict)


def predict(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="A CSV, TSV or Parquet file with a `text` column.")
    ] = None,
    text: Annotated[str | None, typer.Option("--text", help="Score this one text instead of a file.")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Where to write. Default: FILE.predictions beside FILE.")
    ] = None,
    model: ModelOption = None,
) -> None:
    """Score reviews: adds the columns negative, positive (probabilities) and prediction.

    Where the file has a column `label`, the accuracy on the rows that the model has not learned from is said.
    """
    if file is not None and text is None:
        _predict_file(settings(model, None), file, output)
    elif text is not None and file is None:
        if output is not None:
            raise UserError("--output goes with a FILE; the answer to --text is printed.")
        _predict_text(settings(model, None), text)
    else:
        raise UserError("Give either a FILE or --text.")


def _predict_text(config: Config, text: str) -> None:
    from IMDb.models.prediction import load_predictor, prediction_table

    if not text.strip():
        raise UserError("--text is empty.")
    with working("Loading the model"):
        predictor = load_predictor(config)
    row = prediction_table(predictor.logits([text])).iloc[0]
    console.print(f"{config.model}: [bold]{row['prediction']}[/]", highlight=False)
    print_probabilities(console, {label: float(row[label]) for label in LABELS})


def _predict_file(config: Config, file: Path, output: Path | None) -> None:
    from IMDb.models.prediction import Tally, load_predictor, predict_file
    from IMDb.reviews.seen import read_seen
    from IMDb.reviews.tables import check_plain, check_suffix

    check_suffix(file)
    check_plain(file)
    if not file.is_file():  # said before the seconds that loading the model takes
        raise UserError(f"There is no file {file}.")
    target = output or file.with_name(f"{file.stem}.predictions{file.suffix}")
    with working("Loading the model"):
        predictor = load_predictor(config)
    with progress_bar() as progress:
        task = progress.add_task(f"Scoring {escape(file.name)}", total=1.0)
        tally = Tally(read_seen(MODELS[config.model].seen_path))
        count = predict_file(
            file, target, predictor, lambda rows, share: progress.update(task, completed=share), tally.add
        )
    console.print(f"Wrote {count:,} rows to {escape(str(target))}.", highlight=False, soft_wrap=True)
    if tally.labelled:
        console.print(_accuracy(config, tally), highlight=False, soft_wrap=True)


def _accuracy(config: Config, tally: "Tally") -> str:
    """A sentence on the rows that have a label."""
    from IMDb.models.model_card import share_with_interval

    labelled = f"{tally.labelled:,} rows have a label"
    if tally.seen is None:
        labelled += f"; nobody knows how many of them {config.model} has learned from"
    elif tally.learned:
        labelled += f", of which {config.model} has learned from {tally.learned:,}, which do not count"
    if not tally.judged:
        return f"{labelled}."
    share = share_with_interval(tally.right / tally.judged, tally.judged)
    return f"{labelled}: accuracy {share}, 95 % interval, n = {tally.judged:,}."
