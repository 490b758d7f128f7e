"""What the subcommands share: options, the settings they change, and the consoles that they print to."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from IMDb.config import BadRows, Config, ModelName, load_config
from leap_explorer.commands.terminal import Screen

if TYPE_CHECKING:
    import pandas as pd

    from IMDb.reviews.dataset import Tell
    from IMDb.reviews.subsets import Subsets

console = Screen()
errors = Screen(stderr=True)

ModelOption = Annotated[
    ModelName | None, typer.Option("--model", help="Which model. Default: `model:` of the settings.")
]
DataOption = Annotated[
    str | None,
    typer.Option(
        "--data",
        help="bundled, rotten_tomatoes, an aclImdb folder or tar.gz, or a CSV, TSV or Parquet file. "
        "Default: `data:` of the settings.",
    ),
]
RunsArgument = Annotated[
    list[Path] | None,
    typer.Argument(metavar="[RUN]...", help="Folders of runs. Default: your own of each model, or the shipped ones."),
]
TestOption = Annotated[
    str | None,
    typer.Option("--test", metavar="TABLE", help="More such reviews, beside those of the data, as the test subset."),
]

BadRowsOption = Annotated[
    BadRows | None,
    typer.Option(
        "--bad-rows",
        help="At a row that cannot be used: stop, or skip it and say why. Default: `bad_rows:` of the settings.",
    ),
]


def settings(
    model: ModelName | None, data: str | None, test: str | None = None, bad_rows: BadRows | None = None
) -> Config:
    """The settings with the command's options over them; paths of data are absolute."""
    return load_config(model=model, data=_absolute(data), test=_absolute(test), bad_rows=bad_rows)


def _absolute(data: str | None) -> str | None:
    path = Path(data).expanduser() if data else None  # an empty one is no path, but would be the working folder
    return str(path.resolve()) if path is not None and path.exists() else data


def environment(config: Config) -> dict[str, str]:
    """The variables with which another process has the same model and data."""
    variables = {"IMDB_MODEL": config.model, "IMDB_DATA": config.data, "IMDB_TEST": config.test or ""}
    return variables | ({"IMDB_BAD_ROWS": "skip"} if config.bad_rows == "skip" else {})


def tell_skipped(path: Path, rows: "pd.DataFrame") -> None:
    """Say how many rows of a table are passed over."""
    said = f"{path}: {len(rows):,} rows cannot be used and are passed over. The first is {rows['skipped'].iloc[0]}."
    errors.print(escape(said), highlight=False, soft_wrap=True)


def loaded_reviews(config: Config) -> "pd.DataFrame":
    """The reviews of the settings, as `load_dataset` gives them, while a line says so."""
    from IMDb.reviews.dataset import load_dataset

    with working("Loading the reviews"):
        return load_dataset(config, tell_skipped)


def loaded_subsets(config: Config, tell: "Tell" = tell_skipped) -> "Subsets":
    """What `load_subsets` gives to the settings' model; what is to be said of it goes to stderr."""
    from IMDb.model_specs import MODELS
    from IMDb.reviews.subsets import load_subsets

    with working("Loading the reviews"):
        subsets = load_subsets(config, MODELS[config.model].seen_path, tell)
    for note in subsets.notes:
        errors.print(escape(note), highlight=False, soft_wrap=True)
    return subsets


def print_written(*paths: Path | None) -> None:
    """Say which of the files were written that the options name."""
    for path in paths:
        if path is not None:
            console.print(f"Wrote {escape(str(path))}.", highlight=False, soft_wrap=True)


def progress_bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    # In a log or a pipe a bar is no use, and leaves blank lines
    return Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal)


@contextmanager
def working(what: str) -> Iterator[None]:
    with errors.status(what):
        yield
