"""The subcommands of `imdb` that use the explorer, but for those that explain predictions."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from IMDb.commands.options import (
    BadRowsOption,
    DataOption,
    ModelOption,
    RunsArgument,
    TestOption,
    environment,
    loaded_subsets,
    settings,
)
from IMDb.config import BUNDLED, MODELS_DIR, ROOT, Config, ModelName, load_config
from IMDb.errors import UserError
from IMDb.model_specs import MODELS
from leap_explorer.commands.options import (
    AllowHostOption,
    BesideOption,
    BrowserOption,
    ExportOption,
    HostOption,
    MismatchOption,
    PortOption,
    PrefixOption,
    SchedulerOption,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from leap_explorer.explain.reader import TextReader
    from leap_explorer.runs.run import Run
    from leap_explorer.samples.drawer import SampleDrawer

RUNS_DIR = ROOT / "runs"
REVIEW_DIR = RUNS_DIR / "review"  # what the user thinks of insights and labels
SHIPPED_RUNS_DIR = MODELS_DIR / "runs"

Projection = Literal["umap", "pca"]


def register(app: typer.Typer) -> None:
    """Add the subcommands."""
    for command in (explore, evaluate, insights):
        app.command()(command)


def explore(
    runs: RunsArgument = None,
    data: DataOption = None,
    test: TestOption = None,
    port: PortOption = 8050,
    browser: BrowserOption = True,
    export: ExportOption = None,
    host: HostOption = "127.0.0.1",
    allow_host: AllowHostOption = None,
    prefix: PrefixOption = "/",
) -> None:
    """Open the dashboard: both models, on the reviews, on this machine only, until Ctrl-C; or export a report."""
    from IMDb.commands.claims import CLAIMS
    from leap_explorer.commands.runs import Place, explore_command
    from leap_explorer.runs.run import load_run

    config = settings(None, data, test)
    shown = [load_run(folder) for folder in runs or [run_folder(name) for name in MODELS]]
    place = Place(port, host, tuple(allow_host or ()), prefix)
    explore_command(shown, reviews_reader(shown, config), REVIEW_DIR, place, browser, export, CLAIMS)


def reviews_reader(runs: "Sequence[Run]", config: Config) -> "TextReader | SampleDrawer | None":
    """Reads the reviews of the settings, and asks each run's model, wherever the run was made."""
    from IMDb.explain.reader import model_named
    from leap_explorer.runs.sources import Sources
    from leap_explorer.samples.readers import reader_of

    models = [model_named(Path(str(run.info["model"].get("file"))).name) for run in runs]
    sources = [Sources(ROOT, MODELS[name].path) if name else None for name in models]
    configs = [config.model_copy(update={"model": name or config.model}) for name in models]
    return reader_of(runs, sources, environments=[os.environ | environment(one) for one in configs])


def evaluate(
    model: ModelOption = None,
    split: Annotated[
        list[str] | None, typer.Option("--split", help="Only this split; may be repeated. Default: all.")
    ] = None,
    samples: Annotated[
        str, typer.Option("--samples", metavar="N|all", help="At most N reviews of each split, balanced by label.")
    ] = "all",
    data: DataOption = None,
    test: TestOption = None,
    out: Annotated[Path | None, typer.Option("--out", help="The run's folder. Default: runs/MODEL.")] = None,
    latent: Annotated[str, typer.Option(help="Latent space: model, or bag_of_words.")] = "model",
    projection: Annotated[Projection, typer.Option(help="Of the map: umap, or pca, which is quick.")] = "umap",
    bad_rows: BadRowsOption = None,
    scheduler: SchedulerOption = None,
    allow_version_mismatch: MismatchOption = False,
) -> None:
    """Evaluate a model review by review, as the platform does, and write a run to explore.

    Dense takes about two minutes, BERT half an hour. Interrupted, the same command resumes.
    """
    from leap_explorer.commands.runs import evaluate_command
    from leap_explorer.evaluation.cluster.connect import Cluster
    from leap_explorer.evaluation.plan import Options

    config = settings(model, data, test, bad_rows)
    if samples != "all" and not (samples.isdecimal() and int(samples)):
        raise UserError(f"--samples is `all` or a number of reviews, not {samples}.")
    count = None if samples == "all" else int(samples)
    options = Options(count, tuple(split or ()), config.seed, latent, projection, environment=environment(config))
    name = config.model if count is None and not split else "-".join([config.model, *(split or ()), samples])
    path = model_file(config)
    if is_of_others(config):
        loaded_subsets(config)  # for what is to be said of them
    cluster = None if scheduler is None else Cluster(scheduler, allow_version_mismatch)
    raise typer.Exit(evaluate_command(ROOT, path, out or RUNS_DIR / name, options, out_of_sample(config), cluster))


def insights(
    run: Annotated[
        Path | None, typer.Argument(metavar="[RUN]", help="The folder of a run. Default: that of the active model.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write each insight's reviews into this folder.")] = None,
    beside: BesideOption = None,
) -> None:
    """Print what an evaluation has found, the most severe first.

    Without RUN the other models' runs judge the labels too.
    """
    from leap_explorer.commands.runs import insights_command

    active = load_config().model
    others = beside or (() if run else [run_folder(name) for name in MODELS if name != active])
    insights_command(run or run_folder(active), json, csv, others)


def is_of_others(config: Config) -> bool:
    """Whether there are reviews beside the bundled ones, or in their place."""
    return (config.data, config.test) != (BUNDLED, None)


def model_file(config: Config) -> Path:
    spec = MODELS[config.model]
    if not spec.path.exists():
        raise UserError(f"No model at {spec.path}. Make it with `imdb train {spec.name}`.")
    return spec.path


def out_of_sample(config: Config) -> Path | None:
    """The cross-validated probabilities, if they are those of this data."""
    from IMDb.models.cross_validation import OUT_OF_SAMPLE_PATH

    is_fit = config.model == "dense" and config.data == BUNDLED and OUT_OF_SAMPLE_PATH.exists()
    return OUT_OF_SAMPLE_PATH if is_fit else None


def run_folder(model: ModelName) -> Path:
    """The user's own run of a model, or else the shipped one."""
    own = RUNS_DIR / model
    return own if own.exists() else SHIPPED_RUNS_DIR / model


def check_insights(config: Config, checks: Path) -> None:
    from leap_explorer.commands.gate import check_command
    from leap_explorer.commands.runs import evaluate_command
    from leap_explorer.evaluation.plan import Options
    from leap_explorer.gate.tests_file import load_tests
    from leap_explorer.runs.run import load_run

    load_tests(checks)  # what is wrong with the file is said before the minutes that evaluating takes
    out = RUNS_DIR / config.model
    options = Options(seed=config.seed, environment=environment(config))
    if evaluate_command(ROOT, model_file(config), out, options, out_of_sample(config)):
        raise UserError("Some reviews could not be evaluated, so nothing was checked.")
    if not check_command(load_run(out), checks):
        raise UserError(f"{MODELS[config.model].path.name} does not pass; see above.")
