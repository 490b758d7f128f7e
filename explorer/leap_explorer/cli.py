"""The command `leap-explorer`: explore any Tensorleap integration directory."""

import os

os.environ.setdefault("TL_DISABLE_ANALYTICS", "1")  # code-loader's telemetry costs seconds at every start
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape

from leap_explorer.commands.endings import run_command  # before what takes seconds to load, as it says

# isort: split

from leap_explorer.commands.faithfulness import Opened, faithfulness_command
from leap_explorer.commands.labels import LabelFiles, labels_command
from leap_explorer.commands.options import (
    AllowHostOption,
    AloneOption,
    AnswersOption,
    ArgillaOption,
    BesideOption,
    BrowserOption,
    CorrectedOption,
    ExportOption,
    HostOption,
    IntegrationOption,
    LabelCsvOption,
    LabelStudioOption,
    LimitOption,
    MismatchOption,
    ModelsOption,
    PortOption,
    PrefixOption,
    SchedulerOption,
    TimeLimitOption,
    TrustOption,
)
from leap_explorer.commands.runs import (
    Place,
    errors,
    evaluate_command,
    explore_command,
    import_command,
    insights_command,
    named_probabilities,
    renew_command,
)
from leap_explorer.errors import ExplorerError
from leap_explorer.runs.run import compact, load_run
from leap_explorer.runs.task import Kind

_REVIEW = Path("runs") / "review"  # where the dashboard keeps what the user thinks of insights and labels

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="See on this machine where a model fails: evaluate it, or import its predictions, and explore the run.",
)
tests_app = typer.Typer(no_args_is_help=True, help="Tests of a model, in a file that you edit.")
app.add_typer(tests_app, name="tests")


@app.command()
def evaluate(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder of the integration, which holds its leap.yaml.")
    ],
    model: Annotated[
        Path | None,
        typer.Option(
            "--model",
            help="The model: an .h5, .keras or .onnx file. Default: the one that the integration itself loads.",
        ),
    ] = None,
    trust_model: TrustOption = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="The run's folder. Default: runs/ and the name of model or folder.")
    ] = None,
    subset: Annotated[list[str] | None, typer.Option("--subset", help="Only this subset; may be repeated.")] = None,
    samples: Annotated[
        int | None, typer.Option(min=1, help="At most so many samples of each subset, balanced by label.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draw of samples and of the map.")] = 42,
    latent: Annotated[
        str, typer.Option(help="model, or the name of a latent space that the integration registers.")
    ] = "model",
    output: Annotated[
        str | None, typer.Option(metavar="NAME", help="Which of the model's outputs is analysed. Default: the first.")
    ] = None,
    task: Annotated[
        Kind | None,
        typer.Option(help="What kind of task it is. Default: found from the outputs and the ground truths together."),
    ] = None,
    projection: Annotated[
        Literal["umap", "pca"], typer.Option(help="How the map is drawn: umap, or pca, which is quick.")
    ] = "umap",
    time_limit: TimeLimitOption = 60.0,
    simulate: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME:PARAMETER=VALUE,..",
            help="Instead: samples of this simulation, beside those that they are made of; may be repeated.",
        ),
    ] = None,
    n: Annotated[int, typer.Option("--n", min=1, help="How many samples each simulation makes.")] = 500,
    out_of_sample: Annotated[
        Path | None,
        typer.Option(help="Probabilities of training samples by models that did not see them: CSV or Parquet."),
    ] = None,
    scheduler: SchedulerOption = None,
    allow_version_mismatch: MismatchOption = False,
) -> None:
    """Evaluate a model on an integration's samples, and write a run. Interrupted, it resumes."""
    from leap_explorer.contract.recipe import Recipe
    from leap_explorer.evaluation.cluster.connect import Cluster
    from leap_explorer.evaluation.plan import Options

    options = Options(
        samples,
        tuple(subset or ()),
        seed,
        latent,
        projection,
        output=output,
        task=task,
        trusts_model=trust_model,
        time_limit=time_limit,
        simulations=tuple(Recipe(text, n, seed) for text in simulate or ()),
    )
    name = f"{model.stem if model else folder.resolve().name}{'-simulated' if simulate else ''}"
    target = out or Path("runs") / name
    cluster = None if scheduler is None else Cluster(scheduler, allow_version_mismatch)
    code = evaluate_command(folder, model, target, options, out_of_sample, cluster)
    if simulate:
        from leap_explorer.commands.robustness import print_robustness

        print_robustness(load_run(target))
    raise typer.Exit(code)


@app.command("import")
def import_table(
    table: Annotated[Path, typer.Argument(metavar="TABLE", help="A .csv, .tsv or .parquet file, one row a sample.")],
    text: Annotated[str | None, typer.Option(metavar="COLUMN", help="The samples' texts.")] = None,
    label: Annotated[str | None, typer.Option(metavar="COLUMN", help="What is right; may have empty cells.")] = None,
    probability: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LABEL=COLUMN",
            help="The model's probability of a label; once for each label. Or one name with * for the label, as "
            "'probability_*'.",
        ),
    ] = None,
    prediction: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Of a regression: the predicted number.")
    ] = None,
    id: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Names of the samples. Default: row numbers.")
    ] = None,
    subset: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="training, validation, test, unlabeled. Default: all test.")
    ] = None,
    metadata: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="A column to look for slices in; may be repeated. Default: all others."),
    ] = None,
    latent: Annotated[
        Path | None, typer.Option(metavar="FILE.npy", help="Vectors, one a row. Default: made from the words.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="RUN", help="The run's folder. Default: runs/ and the table's name.")
    ] = None,
    projection: Annotated[
        Literal["umap", "pca"] | None, typer.Option(help="How the map is drawn. Default: umap, if it is installed.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the map and the clusters.")] = 42,
    bad_rows: Annotated[
        Literal["stop", "skip"],
        typer.Option("--bad-rows", help="At a row that cannot be used: stop, or skip it; skipped.csv says why."),
    ] = "stop",
) -> None:
    """Make a run of a table of predictions, without an integration and without the model."""
    columns = {
        "text": text,
        "label": label,
        "probabilities": named_probabilities(probability or ()),
        "prediction": prediction,
        "id": id,
        "subset": subset,
        "metadata": metadata,
        "latent": latent,
        "projection": projection,
        "seed": seed,
        "bad_rows": bad_rows,
    }
    raise typer.Exit(import_command(table, columns, out or Path("runs") / table.stem))


@app.command()
def insights(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")],
    json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write each insight's samples into this folder.")] = None,
    beside: BesideOption = None,
) -> None:
    """Print what was found, the most severe first."""
    insights_command(run, json, csv, beside or ())


@app.command()
def labels(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="The folder of a run; the models of several judge together.")
    ],
    alone: AloneOption = False,
    limit: LimitOption = 20,
    csv: LabelCsvOption = None,
    label_studio: LabelStudioOption = None,
    argilla: ArgillaOption = None,
    answers: AnswersOption = None,
    corrected: CorrectedOption = None,
) -> None:
    """List the labels that models which have not learned from them contradict, the most suspicious first.

    Where several runs hold the same samples, the mean of their models' probabilities counts.
    """
    from leap_explorer.explain.texts import texts_of

    shown = [load_run(run) for run in runs]
    files = LabelFiles(csv, label_studio, argilla, answers, corrected)
    labels_command(shown, texts_of(shown), _REVIEW, files, limit, alone)


@app.command()
def renew(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a full run.")],
    integration: Annotated[
        Path | None, typer.Option("--integration", help="Read the words that its samples show again, too.")
    ] = None,
) -> None:
    """Look for a run's insights anew with this version, without asking the model again."""
    renew_command(run, integration)


@app.command()
def check(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run, such as that of a new model.")],
    insights: Annotated[
        Path,
        typer.Option(
            "--insights",
            metavar="FILE",
            help="The tests: a YAML file of `tests new`, or an earlier run's insights.json.",
        ),
    ],
    base: Annotated[
        Path | None,
        typer.Option("--base", metavar="RUN", help="An earlier run: also test that no slice is worse than there."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Fail on the measured value, even where chance could explain it.")
    ] = False,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Write JUnit XML, which GitHub and GitLab show.")
    ] = None,
    markdown: Annotated[
        Path | None, typer.Option("--markdown", metavar="FILE", help="Write a summary for a pull request.")
    ] = None,
) -> None:
    """Test a run against the insights of an earlier one.

    Exit codes: 0 all tests passed, 1 a test failed, 2 it could not be tested. A test fails only beyond its interval.
    """
    from leap_explorer.commands.gate import check_command

    try:
        earlier = load_run(base) if base else None
        passed = check_command(load_run(run), insights, earlier, strict, junit, markdown)
    except ExplorerError as error:
        _print_error(error)
        raise typer.Exit(2) from error
    raise typer.Exit(int(not passed))


@tests_app.command("new")
def new_tests(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run that you accept.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The file to write.")] = Path("tests.yaml"),
) -> None:
    """Write the tests of a run's insights as a file to edit, for `check`; archived insights are left out."""
    from leap_explorer.commands.gate import new_tests_command

    new_tests_command(load_run(run), out, _REVIEW)


@app.command()
def compare(
    base: Annotated[Path, typer.Argument(metavar="BASE", help="The folder of the earlier run.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The folder of the run to compare with it.")],
    json: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write all of it as JSON.")] = None,
    markdown: Annotated[
        Path | None, typer.Option("--markdown", metavar="FILE", help="Write a summary for a pull request.")
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", metavar="FILE", help="Write every sample that was fixed, broken or is still wrong."),
    ] = None,
) -> None:
    """Say what a second model fixes and breaks: with intervals, sample by sample and in slices."""
    from leap_explorer.commands.compare import compare_command

    compare_command(load_run(base), load_run(new), json, markdown, csv)


@app.command()
def explore(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN", help="The folder of a run; several are shown side by side.")
    ],
    integration: IntegrationOption = None,
    model: ModelsOption = None,
    trust_model: TrustOption = False,
    time_limit: TimeLimitOption = 60.0,
    port: PortOption = 8050,
    browser: BrowserOption = True,
    export: ExportOption = None,
    host: HostOption = "127.0.0.1",
    allow_host: AllowHostOption = None,
    prefix: PrefixOption = "/",
) -> None:
    """Open the dashboard, on this machine only, until Ctrl-C; or export a report as one HTML file."""
    from leap_explorer.samples.readers import reader_of
    from leap_explorer.samples.where import given_sources

    shown = [load_run(run) for run in runs]
    reader = reader_of(shown, given_sources(shown, integration, model or ()), time_limit, trust_model)
    place = Place(port, host, tuple(allow_host or ()), prefix)
    explore_command(shown, reader, _REVIEW, place, browser, export)


@app.command()
def faithfulness(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")],
    integration: IntegrationOption = None,
    model: Annotated[
        Path | None, typer.Option("--model", metavar="FILE", help="The model's file. Default: where it was.")
    ] = None,
    samples: Annotated[int, typer.Option(min=2, help="Held-out samples, drawn at random.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draw and of the random rankings.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Write to this JSON file only. Default: into the run."),
    ] = None,
    time_limit: TimeLimitOption = 60.0,
    trust_model: TrustOption = False,
) -> None:
    """Measure how far the heat-maps of a run's model can be trusted, and which method makes the best ones.

    What a method ranks first is taken out of samples, and alone left in them, to see what that does to the prediction;
    a random ranking stands beside. The best method becomes the model's default.
    """
    faithfulness_command(run, (integration, model), out, samples, seed, Opened(time_limit, trust_model))


@app.command("compact")
def compact_command(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")],
    target: Annotated[Path, typer.Argument(metavar="TARGET", help="The folder to write.")],
    dimensions: Annotated[int, typer.Option(min=2, help="At most so many dimensions of the latent space.")] = 32,
) -> None:
    """Write a small copy of a run to share: shorter latent vectors, no texts, all else as it is."""
    compact(load_run(run), target, dimensions)


def main() -> None:
    """Run the command; `leap_explorer.commands.endings` says how it ends."""
    run_command(app, (ExplorerError,))


def _print_error(error: ExplorerError) -> None:
    errors.print(f"[bold red]Error:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
