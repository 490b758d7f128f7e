"""`imdb faithfulness`: how far the heat-maps of a model can be trusted."""

import os
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from IMDb.commands.options import (
    DataOption,
    ModelOption,
    console,
    errors,
    loaded_subsets,
    print_written,
    progress_bar,
    settings,
    working,
)
from IMDb.config import MODELS_DIR, Config
from IMDb.errors import UserError
from IMDb.explain.faithfulness import faithfulness_path, verdict, write_faithfulness
from IMDb.model_specs import MODELS
from leap_explorer.commands.terminal import Column, print_table

if TYPE_CHECKING:
    import pandas as pd

    from IMDb.explain.explainers import Explainer


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command()(faithfulness)


def faithfulness(
    model: ModelOption = None,
    samples: Annotated[int, typer.Option(min=2, help="Validation reviews, drawn at random.")] = 200,
    seed: Annotated[int | None, typer.Option(help="Of the draw. Default: `seed:` of the settings.")] = None,
    data: DataOption = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Where to write. Default: MODEL.faithfulness.json in models/.")
    ] = None,
) -> None:
    """Measure how far the heat-maps of a model can be trusted, and which method makes the best ones.

    Words are taken out of reviews, those first that a method ranks first, to see what that does to the prediction; a
    random ranking stands beside. The best method is the one that `imdb explain` and the pages use from then on.
    A minute for dense, twenty minutes for BERT, on two cores.
    """
    config = settings(model, data)
    measured = _measure(config, samples, config.seed if seed is None else seed)
    path = MODELS[config.model].path
    target = output or faithfulness_path(path)
    write_faithfulness(target, path, measured)
    if output is None:
        from IMDb.models.model_card import write_card

        write_card(MODELS_DIR)
    _print_measured(measured)
    console.print(verdict(measured["methods"][measured["default"]]), highlight=False, soft_wrap=True)
    print_written(target)


def _measure(config: Config, count: int, seed: int) -> dict[str, Any]:
    """What was measured on so many validation reviews, and on what."""
    from IMDb.explain.explainers import load_explainer

    with working("Loading the model"):
        model = load_explainer(config, config.model)
    reviews = loaded_subsets(config).own
    held_out = reviews[reviews["split"] == "validation"]
    if held_out.empty:
        raise UserError("The data has no validation reviews to measure on.")
    facts = {"data": config.data, "split": "validation", "drawn_from": len(held_out), "removal": model.removal}
    hardware = f"{os.cpu_count()} CPU cores ({platform.machine()})"
    return {**facts, "hardware": hardware, **_measure_model(model, held_out["text"], count, seed)}


def _measure_model(model: "Explainer", texts: "pd.Series", count: int, seed: int) -> dict[str, Any]:
    """The model's methods on so many of the texts, drawn at random."""
    import numpy as np

    from leap_explorer.explain.attribution import Attribution, predicted_target, word_groups
    from leap_explorer.explain.faithfulness import Sample, measure_methods

    drawn = np.random.default_rng(seed).permutation(len(texts))[:count]
    readings = [model.read(text) for text in texts.iloc[np.sort(drawn)]]
    samples = [Sample(reading.inputs, word_groups(reading.word_of, len(reading.words))) for reading in readings]
    targets = [predicted_target(model.logits(reading)) for reading in readings]

    def explain(method: str, index: int) -> Attribution:
        return model.attribute(readings[index], targets[index], model.methods[method])

    with _progress(len(samples)) as report:
        return measure_methods(
            model.predict,
            samples,
            model.methods,
            explain,
            model.fill,
            report=report,
            seed=seed,
            batch_size=model.batch_size,
        )


@contextmanager
def _progress(count: int) -> Iterator[Callable[[str, int, int], None]]:
    """For what is done, how much of it and of how much: two bars on a terminal, elsewhere a line for ten reviews."""
    with progress_bar() as progress:
        tasks = {what: progress.add_task(what, total=count) for what in ("Explaining", "Measuring")}

        def report(what: str, done: int, total: int) -> None:
            progress.update(tasks[what], completed=done)
            if not errors.is_terminal and done % 10 == 0:
                errors.print(f"{what}: {done} of {total} reviews")

        yield report


def _print_measured(measured: dict[str, Any]) -> None:
    names = ("comprehensiveness", "comprehensiveness / random", "sufficiency", "sufficiency / random", "seconds")
    columns = [Column("ranking"), *(Column(name, "number") for name in names)]
    rows = [
        [
            f"{name} (default)" if name == measured["default"] else name,
            *(cell for kind in ("comprehensiveness", "sufficiency") for cell in _cells(of_method[kind])),
            f"{of_method['seconds']['median']:.2f}" if "seconds" in of_method else "",
        ]
        for name, of_method in measured["methods"].items()
    ]
    print_table(console, columns, rows, f"{measured['samples']} of {measured['drawn_from']:,} validation reviews")


def _cells(of_measure: dict[str, Any]) -> tuple[str, str]:
    """The mean, and how many times that of a random ranking it is."""
    ratio = of_measure["times_random"]["mean"]
    return f"{of_measure['mean']:.3f}", "" if ratio is None else f"{ratio:.2f}"
