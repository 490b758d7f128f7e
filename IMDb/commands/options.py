"""What the subcommands share: options, the settings they change, and the consoles that they print to."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from IMDb.config import Config, ModelName, load_config

console = Console()
errors = Console(stderr=True)

ModelOption = Annotated[
    ModelName | None, typer.Option("--model", help="Which model. Default: `model:` of the settings.")
]
DataOption = Annotated[
    str | None,
    typer.Option(
        "--data",
        help="bundled, an aclImdb folder or tar.gz, or a CSV, TSV or Parquet file. Default: `data:` of the settings.",
    ),
]


def settings(model: ModelName | None, data: str | None) -> Config:
    """The settings with the command's options over them, for this process and those that it starts."""
    if model is not None:
        os.environ["IMDB_MODEL"] = model
    if data is not None:
        path = Path(data).expanduser()
        os.environ["IMDB_DATA"] = str(path.resolve()) if path.exists() else data
    return load_config()


def progress_bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    # In a log or a pipe a bar is no use, and leaves blank lines
    return Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal)


@contextmanager
def working(what: str) -> Iterator[None]:
    with errors.status(what):
        yield
