"""`imdb predict`: score a file of reviews, or one text."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.markup import escape

from IMDb.commands.options import BadRowsOption, console, progress_bar, settings, working
from IMDb.config import LABELS, MODELS_DIR, Config
from IMDb.errors import UserError
from IMDb.model_specs import MODELS
from leap_explorer.commands.terminal import print_probabilities

if TYPE_CHECKING:
    from IMDb.models.prediction import Predictor, Tally
    from IMDb.reviews.seen import Keys

BOTH = "both"


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
    model: Annotated[
        Literal["dense", "bert", "both"] | None,
        typer.Option("--model", help="Which model, or both averaged. Default: `model:` of the settings."),
    ] = None,
    bad_rows: BadRowsOption = None,
) -> None:
    """Score reviews: adds the columns negative, positive (probabilities) and prediction.

    Where the file has a column `label`, the accuracy on the rows that the model has not learned from is said. With
    both models the mean of their probabilities counts, and what that costs and gains is said. With --bad-rows skip a
    column `skipped` says why a row has no prediction.
    """
    configs = [settings(name, None, None, bad_rows) for name in (MODELS if model == "both" else (model,))]
    if file is not None and text is None:
        _predict_file(configs, file, output)
    elif text is not None and file is None:
        if output is not None:
            raise UserError("--output goes with a FILE; the answer to --text is printed.")
        _predict_text(configs, text)
    else:
        raise UserError("Give either a FILE or --text.")


def _predict_text(configs: Sequence[Config], text: str) -> None:
    from IMDb.models.prediction import prediction_table

    if not text.strip():
        raise UserError("--text is empty.")
    predictor = _load(configs)
    row = prediction_table(predictor.logits([text])).iloc[0]
    console.print(f"{_name(configs)}: [bold]{row['prediction']}[/]", highlight=False)
    print_probabilities(console, {label: float(row[label]) for label in LABELS})


def _predict_file(configs: Sequence[Config], file: Path, output: Path | None) -> None:
    from IMDb.models.prediction import AveragedPredictor, Tally, predict_file
    from IMDb.reviews.tables import check_plain, check_suffix

    check_suffix(file)
    check_plain(file)
    if not file.is_file():  # said before the seconds that loading the model takes
        raise UserError(f"There is no file {file}.")
    target = output or file.with_name(f"{file.stem}.predictions{file.suffix}")
    predictor = _load(configs)
    with progress_bar() as progress:
        task = progress.add_task(f"Scoring {escape(file.name)}", total=1.0)
        tally = Tally(_seen(configs))
        count = predict_file(
            file,
            target,
            predictor,
            lambda rows, share: progress.update(task, completed=share),
            tally.add,
            configs[0].bad_rows,
        )
    console.print(f"Wrote {count:,} rows to {escape(str(target))}.", highlight=False, soft_wrap=True)
    if tally.skipped:
        said = f"{tally.skipped:,} of them cannot be used and have no prediction; the column `skipped` says why."
        console.print(said, highlight=False, soft_wrap=True)
    if tally.labelled:
        console.print(_accuracy(_name(configs), tally), highlight=False, soft_wrap=True)
    if isinstance(predictor, AveragedPredictor):
        for line in _cost_and_gain(predictor.seconds, count):
            console.print(line, highlight=False, soft_wrap=True)


def _load(configs: Sequence[Config]) -> "Predictor":
    from IMDb.models.prediction import AveragedPredictor, load_predictor

    with working("Loading the model"):
        predictors: dict[str, Predictor] = {config.model: load_predictor(config) for config in configs}
        return AveragedPredictor(predictors) if len(predictors) > 1 else predictors[configs[0].model]


def _name(configs: Sequence[Config]) -> str:
    return BOTH if len(configs) > 1 else configs[0].model


def _seen(configs: Sequence[Config]) -> "Keys | None":
    """What one of the models or the other has learned from; None where nobody knows that of one."""
    import numpy as np

    from IMDb.reviews.seen import read_seen

    records = [read_seen(MODELS[config.model].seen_path) for config in configs]
    known = [keys for keys in records if keys is not None]
    return np.unique(np.concatenate(known)) if len(known) == len(records) else None


def _cost_and_gain(seconds: Mapping[str, float], count: int) -> Iterator[str]:
    """What each model took, and what their mean gains where that has been measured."""
    from IMDb.models.measured import read_measured
    from IMDb.models.model_card import model_hashes, share_with_interval

    took = ", ".join(f"{name} {1000 * one / count:.1f} ms" for name, one in seconds.items())
    yield f"A review took {took}; both averaged take their sum."
    measured = read_measured(MODELS_DIR)
    if measured is None or measured["models"] != model_hashes(MODELS_DIR):
        return
    for source, facts in measured["sources"].items():
        shares = [f"{name} {share_with_interval(one['accuracy'], facts['n'])}" for name, one in facts["models"].items()]
        yield f"Measured on {source}, n = {facts['n']:,} (`{facts['command']}`): {', '.join(shares)}."


def _accuracy(name: str, tally: "Tally") -> str:
    """A sentence on the rows that have a label."""
    from IMDb.models.model_card import share_with_interval

    labelled = f"{tally.labelled:,} rows have a label"
    if tally.seen is None:
        labelled += f"; nobody knows how many of them {name} has learned from"
    elif tally.learned:
        labelled += f", of which {name} has learned from {tally.learned:,}, which do not count"
    if not tally.judged:
        return f"{labelled}."
    share = share_with_interval(tally.right / tally.judged, tally.judged)
    return f"{labelled}: accuracy {share}, 95 % interval, n = {tally.judged:,}."
