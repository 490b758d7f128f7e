"""The command `leap-explorer`: explore any Tensorleap integration directory."""

import os

os.environ.setdefault("TL_DISABLE_ANALYTICS", "1")  # code-loader's telemetry costs seconds at every start
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape

from leap_explorer.commands import check_command, errors, evaluate_command, export_command, insights_command
from leap_explorer.errors import ExplorerError
from leap_explorer.runs.run import compact, load_run

_REVIEW = Path("runs") / "review"  # where the dashboard keeps what the user thinks of insights and labels

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Explore a Tensorleap integration on this machine: what the platform's dashboard shows, without the platform.",
)


@app.command()
def evaluate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The integration: the folder of its leap.yaml.")],
    model: Annotated[Path, typer.Option("--model", help="The model: an .h5, .keras or .onnx file.")],
    out: Annotated[Path | None, typer.Option("--out", help="The run's folder. Default: runs/MODEL's name.")] = None,
    subset: Annotated[list[str] | None, typer.Option("--subset", help="Only this subset; may be repeated.")] = None,
    samples: Annotated[int | None, typer.Option(min=1, help="At most so many of each subset, balanced.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Decides which samples are drawn, and the map.")] = 42,
    latent: Annotated[str, typer.Option(help="model, or a registered custom latent space.")] = "model",
    projection: Annotated[Literal["umap", "pca"], typer.Option(help="umap, or pca, which is quick.")] = "umap",
    time_limit: Annotated[
        float, typer.Option(min=0.1, help="Seconds that the integration's code may take for one sample.")
    ] = 60.0,
    out_of_sample: Annotated[
        Path | None,
        typer.Option(help="Probabilities of training samples by models that did not see them: CSV or Parquet."),
    ] = None,
) -> None:
    """Evaluate a model on the integration's samples and write a run; interrupted, it goes on where it stopped."""
    from leap_explorer.evaluation.evaluate import Options

    options = Options(samples, tuple(subset or ()), seed, latent, projection, time_limit=time_limit)
    raise typer.Exit(evaluate_command(folder, model, out or Path("runs") / model.stem, options, out_of_sample))


@app.command()
def insights(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")],
    json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write each insight's samples into this folder.")] = None,
) -> None:
    """Print what was found, the most severe first."""
    insights_command(run, json, csv)


@app.command()
def check(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run, of a new model say.")],
    insights: Annotated[Path, typer.Option("--insights", help="The insights.json of an earlier run.")],
) -> None:
    """Make the automatic tests of an earlier run's insights on a run; exit code 1 when one fails."""
    raise typer.Exit(int(not check_command(load_run(run), insights)))


@app.command()
def explore(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="The folders of one or more runs.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of 127.0.0.1; 0 takes any free one.")] = 8050,
    browser: Annotated[bool, typer.Option(help="Open the page in the browser.")] = True,
    export: Annotated[
        Path | None,
        typer.Option("--export", metavar="FILE", help="Write a report to this HTML file, and open nothing."),
    ] = None,
) -> None:
    """Open the dashboard on runs, on this machine only, until Ctrl-C; or export a report of them."""
    from leap_explorer.dashboard.server import serve

    shown = [load_run(run) for run in runs]
    if export is not None:
        export_command(shown, None, _REVIEW, export)
        return
    serve(shown, None, _REVIEW, port, browser)


@app.command("compact")
def compact_command(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")],
    target: Annotated[Path, typer.Argument(metavar="TARGET", help="The folder to write.")],
    dimensions: Annotated[int, typer.Option(min=2, help="Of the latent space, at most.")] = 32,
) -> None:
    """Write a small copy of a run, to be shipped: the latent space shortened, everything else as it is."""
    compact(load_run(run), target, dimensions)


def main() -> None:
    """Run the command. What the user can mend is one line on stderr and exit code 1; Ctrl-C is exit code 130."""
    try:
        app()
    except ExplorerError as error:
        errors.print(f"[bold red]Error:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        sys.exit(1)
