"""`imdb seen`: note down what a trained model has learned from."""

from typing import Annotated

import typer

from IMDb.commands.options import DataOption, console, loaded_reviews, print_written, settings
from IMDb.config import ModelName
from IMDb.model_specs import MODELS


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command()(seen)


def seen(
    model: Annotated[ModelName, typer.Argument(help="dense or bert.")],
    data: DataOption = None,
) -> None:
    """Note which texts a model was trained on, for one whose training did not: `imdb train` does it by itself.

    The training split of the data counts, as the settings divide them. Only hashes of the texts are kept.
    """
    from IMDb.reviews.seen import write_seen

    reviews = loaded_reviews(settings(model, data))
    texts = reviews.loc[reviews["split"] == "training", "text"]
    path = MODELS[model].seen_path
    write_seen(path, texts)
    console.print(f"{model} has learned from {len(texts):,} reviews.", highlight=False)
    print_written(path)
