"""`imdb measure`: how the models do, each and both averaged, on reviews that neither has learned from."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from IMDb.commands.options import DataOption, TestOption, console, loaded_subsets, progress_bar, settings
from IMDb.config import BUNDLED, MODELS_DIR, Config
from IMDb.errors import UserError
from IMDb.model_specs import MODELS
from leap_explorer.commands.terminal import Column, print_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt
    import pandas as pd

CHUNK_ROWS = 512


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command()(measure)


def measure(
    data: DataOption = None,
    test: TestOption = None,
    card: Annotated[bool, typer.Option("--card", help="Put the figures into models/MODEL_CARD.md.")] = False,
) -> None:
    """Measure both models, and the mean of the two, on reviews that neither has learned from.

    Accuracy, loss and calibration; the last two also with a temperature that is fitted on the validation reviews and
    not made part of any model. Seconds for dense, some minutes for BERT on two cores.
    """
    configs = {name: settings(name, data, test) for name in MODELS}
    reviews = _held_out([loaded_subsets(config).own for config in configs.values()])
    logits: dict[str, npt.NDArray[np.float64]] = {}
    seconds: dict[str, float] = {}
    for name, config in configs.items():
        started = time.monotonic()
        logits[name] = _logits(config, reviews["text"].tolist())
        seconds[name] = (time.monotonic() - started) / len(reviews)
    found = _measured(next(iter(configs.values())), reviews, logits)
    _print_measured(found)
    costs = ", ".join(f"{name} {1000 * one:.1f} ms" for name, one in seconds.items())
    console.print(f"A review took {costs}; both averaged take their sum.", highlight=False)
    if card:
        from IMDb.models.measured import write_measured
        from IMDb.models.model_card import model_hashes, write_card

        write_measured(MODELS_DIR, model_hashes(MODELS_DIR), found)
        write_card(MODELS_DIR)
        console.print(f"The figures stand in {MODELS_DIR / 'MODEL_CARD.md'}.", highlight=False, soft_wrap=True)


def _held_out(reviews_of: "list[pd.DataFrame]") -> "pd.DataFrame":
    """The labelled reviews that are validation, or test, to each of the models."""
    first, *others = reviews_of
    held_out = first[first["split"].isin(("validation", "test")) & first["label"].notna()]
    for reviews in others:
        split = reviews.set_index("id")["split"].reindex(held_out["id"]).to_numpy()
        held_out = held_out[held_out["split"].to_numpy() == split]
    if held_out.empty:
        raise UserError("There is no labelled review that neither model has learned from.")
    return held_out


def _logits(config: Config, texts: list[str]) -> "npt.NDArray[np.float64]":
    """[n, 2] by the model of the settings."""
    import numpy as np

    from IMDb.models.prediction import load_predictor

    with progress_bar() as progress:
        task = progress.add_task(f"Asking {config.model}", total=len(texts))
        predictor = load_predictor(config)
        parts = []
        for start in range(0, len(texts), CHUNK_ROWS):
            parts.append(predictor.logits(texts[start : start + CHUNK_ROWS]))
            progress.advance(task, len(parts[-1]))
    return np.concatenate(parts).astype(np.float64)


def _measured(
    config: Config, reviews: "pd.DataFrame", logits: "Mapping[str, npt.NDArray[np.float64]]"
) -> dict[str, Any]:
    """By what the reviews are: `n`, `command`, and by model its `scores`."""
    from IMDb.models.measured import BOTH, fit_temperature, scores
    from IMDb.models.prediction import averaged

    named: dict[str, npt.NDArray[np.floating]] = {**logits, BOTH: averaged(logits)}
    labels = reviews["label"].to_numpy(dtype=int)
    is_validation = (reviews["split"] == "validation").to_numpy()
    fitted_on = is_validation if is_validation.any() else ~is_validation
    temperatures = {name: fit_temperature(one[fitted_on], labels[fitted_on]) for name, one in named.items()}
    found: dict[str, Any] = {}
    for split in ("validation", "test"):
        rows = (reviews["split"] == split).to_numpy()
        if rows.any():
            source = Path(config.test if split == "test" and config.test else config.data).name
            measured = {name: scores(one[rows], labels[rows], temperatures[name]) for name, one in named.items()}
            found[f"{source}, {split}"] = {"n": int(rows.sum()), "command": _command(config), "models": measured}
    return found


def _command(config: Config) -> str:
    """What measures this, without the way to somebody's files."""
    data = "" if config.data == BUNDLED else f" --data {Path(config.data).name}"
    test = "" if config.test is None else f" --test {Path(config.test).name}"
    return f"imdb measure{data}{test}"


def _print_measured(found: dict[str, Any]) -> None:
    from IMDb.models.measured import in_words

    names = ("accuracy, 95 % interval", "loss, calibrated at temperature", "calibration error, calibrated")
    columns = [Column("reviews"), Column("model"), *(Column(name, "number") for name in names)]
    rows = [
        [f"{source}, n = {facts['n']:,}", model, *in_words(scores)]
        for source, facts in found.items()
        for model, scores in facts["models"].items()
    ]
    print_table(console, columns, rows, escape("Reviews that neither model has learned from"))
