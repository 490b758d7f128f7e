"""The command `imdb`. Thin: each subcommand reads its options, calls the package, and prints."""

import os

os.environ.setdefault("TL_DISABLE_ANALYTICS", "1")  # code-loader's telemetry costs seconds at every start
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leap_explorer.commands.endings import run_command  # before what takes seconds to load, as it says

# isort: split

from IMDb.commands import (
    claims,
    compare,
    error_words,
    explain,
    faithfulness,
    labels,
    measure,
    predict,
    robustness,
    seen,
)
from IMDb.commands import explorer as explorer_cli
from IMDb.commands.options import (
    BadRowsOption,
    DataOption,
    ModelOption,
    TestOption,
    console,
    environment,
    errors,
    loaded_reviews,
    loaded_subsets,
    print_written,
    progress_bar,
    settings,
    tell_skipped,
    working,
)
from IMDb.config import CONFIG_PATH, LABELS, MODELS_DIR, ROOT, Config, ModelName, set_model
from IMDb.errors import UserError
from IMDb.model_specs import MODELS
from leap_explorer.commands.terminal import Column, print_table
from leap_explorer.errors import ExplorerError

if TYPE_CHECKING:
    import pandas as pd

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="IMDb sentiment on Tensorleap: check the integration, look at the data, train a model, score reviews.",
    epilog="Settings are in IMDb/config.yaml; the variables IMDB_MODEL, IMDB_DATA, IMDB_TEST and so on go before it.",
)
train_app = typer.Typer(no_args_is_help=True, help="Train a model on the training split and write it into models/.")
app.add_typer(train_app, name="train")

explorer_cli.register(app)
for module in (claims, error_words, explain, faithfulness, compare, labels, measure, predict, robustness, seen):
    module.register(app)


def main() -> None:
    """Run the command; `leap_explorer.commands.endings` says how it ends."""
    run_command(app, (UserError, ExplorerError), "Interrupted; nothing is left half-written.")


@app.command()
def check(
    model: ModelOption = None,
    data: DataOption = None,
    test: TestOption = None,
    insights: Annotated[
        Path | None,
        typer.Option("--insights", help="Instead: run the tests of this insights.json on the model, evaluated anew."),
    ] = None,
    bad_rows: BadRowsOption = None,
) -> None:
    """Check everything: the data, the integration as Tensorleap does, and the model on the held-out reviews.

    With --insights the model is evaluated, and each test of that file made on it; exit code 1 when one fails.
    """
    config = settings(model, data, test, bad_rows)
    if insights is not None:
        explorer_cli.check_insights(config, insights)
        return
    reviews = loaded_subsets(config).own
    _print_data(config, reviews)
    is_valid = True
    for title, script in (
        ("The integration test (leap_integration.py)", "leap_integration.py"),
        ("Through LeapLoader, here and in platform mode (leap_test.py)", "leap_test.py"),
    ):
        console.rule(f"[bold]{title}", align="left")
        process = subprocess.run([sys.executable, script], cwd=ROOT, env=os.environ | environment(config), check=False)
        is_valid &= process.returncode == 0
    console.rule("[bold]The model", align="left")
    for sentence in _scores(config, reviews):
        console.print(sentence, highlight=False, soft_wrap=True)
    if not is_valid:
        raise UserError("The integration is not valid; see what failed above.")
    console.print(f"[bold green]All checks passed.[/] Push it with: {_push_command(config)}", highlight=False)


@app.command()
def data(data: DataOption = None, test: TestOption = None, bad_rows: BadRowsOption = None) -> None:
    """Print what was loaded: rows per subset and label, words, duplicates, and the share of words out of vocabulary.

    What the active model has learned from is `training`, whatever the data call it. With --bad-rows skip the rows that
    cannot be used are written beside their table, as NAME.skipped, with the reason.
    """
    config = settings(None, data, test, bad_rows)
    skipped: list[tuple[Path, pd.DataFrame]] = []
    _print_data(config, loaded_subsets(config, lambda path, rows: skipped.append((path, rows))).own)
    for path, rows in skipped:
        tell_skipped(path, rows)
        _write_skipped(path.with_name(f"{path.stem}.skipped{path.suffix}"), rows)


def _write_skipped(path: Path, rows: "pd.DataFrame") -> None:
    from IMDb.reviews.tables import TableWriter

    with TableWriter(path) as writer:
        writer.write(rows)
    print_written(path)


@app.command("cross-validate")
def cross_validate_command(
    data: DataOption = None,
    folds: Annotated[int, typer.Option(min=2, max=20, help="Each is predicted by a model of the others.")] = 5,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the training reviews, for each fold.")] = 20,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Folder for dense.out_of_sample.parquet.")
    ] = MODELS_DIR,
    bad_rows: BadRowsOption = None,
) -> None:
    """Predict each training review with a dense model trained on the others, to find wrong labels among them."""
    from IMDb.models.cross_validation import OUT_OF_SAMPLE_PATH, cross_validate, write_out_of_sample
    from IMDb.models.model_card import share_with_interval

    config = settings("dense", data, None, bad_rows)
    reviews = loaded_reviews(config)
    with progress_bar() as progress:
        task = progress.add_task("Training")
        accuracies: list[float] = []

        def report(batch: int, batches: int, accuracy: float | None) -> None:
            if accuracy is not None:
                accuracies.append(accuracy)
                errors.print(f"fold {len(accuracies)} of {folds}: accuracy {accuracy:.4f}", highlight=False)
            progress.update(task, description="Training", completed=batch, total=batches)

        table = cross_validate(config, reviews, folds, epochs, report)
    path = output / OUT_OF_SAMPLE_PATH.name
    write_out_of_sample(table, path)
    truth = reviews.set_index("id")["label"].reindex(table["id"]).to_numpy(dtype=int)
    accuracy = float(((table[f"probability_{LABELS[1]}"] > 0.5).to_numpy() == truth).mean())
    console.print(
        f"Out-of-sample accuracy {share_with_interval(accuracy, len(table))}, 95 % interval, n = {len(table):,}, "
        f"{folds} folds. Wrote {path}.",
        highlight=False,
        soft_wrap=True,
    )


@app.command()
def use(model: Annotated[ModelName, typer.Argument(help="dense or bert.")]) -> None:
    """Set the active model: `model:` in IMDb/config.yaml."""
    if not MODELS[model].path.exists():
        raise UserError(f"There is no {MODELS[model].path.relative_to(ROOT)} yet. Make it with `imdb train {model}`.")
    set_model(model)
    console.print(f"model: {model} is set in {CONFIG_PATH.relative_to(ROOT)}.", highlight=False)
    if os.environ.get("IMDB_MODEL"):
        console.print(f"But IMDB_MODEL={os.environ['IMDB_MODEL']} goes before it.", highlight=False)


@train_app.command("dense")
def train_dense_command(
    data: DataOption = None,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the training split.")] = 20,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Folder for model, tokenizer and history.")
    ] = MODELS_DIR,
    bad_rows: BadRowsOption = None,
) -> None:
    """Train the dense network: some minutes on two cores. Rewrites the model, its history and the model card."""
    from IMDb.models.changed import shipped_answers, what_changed
    from IMDb.models.dense_pipeline import Reporter, train_dense
    from IMDb.models.model_card import validation_summary, write_card

    config = settings("dense", data, None, bad_rows)
    reviews = loaded_reviews(config)
    with working("Asking the model that is there"):
        shipped = shipped_answers(config, reviews)
    with progress_bar() as progress:
        task = progress.add_task("Fitting the tokenizer")

        def on_batch(batch: int, batches: int) -> None:
            progress.update(task, description="Training", completed=batch, total=batches)

        def on_epoch(entry: dict[str, float], is_best: bool) -> None:
            progress.console.print(
                f"epoch {entry['epoch']:2.0f}  training loss {entry['training_loss']:.3f} accuracy "
                f"{entry['training_accuracy']:.4f}  validation loss {entry['validation_loss']:.3f} accuracy "
                f"{entry['validation_accuracy']:.4f}{'  best so far' if is_best else ''}",
                highlight=False,
                soft_wrap=True,
            )

        history = train_dense(config, reviews, output, epochs, Reporter(on_batch, on_epoch))
    write_card(output)
    console.print(validation_summary(history), highlight=False)
    console.print(what_changed(config, output, shipped), highlight=False)


@train_app.command("bert")
def train_bert_command(
    base: Annotated[
        str, typer.Option("--base", help="A checkpoint: an id of the hub, or a folder.")
    ] = "sentence-transformers/all-MiniLM-L6-v2",
    epochs: Annotated[int, typer.Option(min=0, help="Passes over the training split; 0 only exports the base.")] = 2,
    max_length: Annotated[
        int | None, typer.Option(min=8, max=512, help="Sub-words read in training. Default: `bert.max_length`.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint.")] = False,
    checkpoints: Annotated[
        Path, typer.Option("--checkpoints", help="Folder for checkpoints, one every few minutes.")
    ] = ROOT / "runs" / "bert",
    data: DataOption = None,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Folder for model, tokenizer, history and card.")
    ] = MODELS_DIR,
    bad_rows: BadRowsOption = None,
) -> None:
    """Fine-tune BERT (hours on a CPU; needs the optional Poetry group `bert`) and export it to models/bert.onnx."""
    try:
        from IMDb.models.bert_pipeline import BertOptions, train_bert
        from IMDb.models.bert_training import Progress, Recipe
    except ModuleNotFoundError as error:
        raise UserError(f"{error.name} is missing. Install what BERT needs: poetry install --with bert") from error
    from IMDb.models.changed import shipped_answers, what_changed
    from IMDb.models.model_card import validation_summary, write_card

    config = settings("bert", data, None, bad_rows)
    reviews = loaded_reviews(config)
    with working("Asking the model that is there"):
        shipped = shipped_answers(config, reviews)
    recipe = Recipe(epochs=epochs, seed=config.seed)
    with progress_bar() as progress:
        task = progress.add_task("Preparing")

        def on_step(step: Progress) -> None:
            description = f"Training, loss {step.loss:.3f}, {step.reviews_per_second:.1f} reviews/s"
            progress.update(task, description=description, completed=step.step, total=step.steps)
            if not errors.is_terminal and step.step % 50 == 0:
                minutes = (step.steps - step.step) * recipe.batch_size / step.reviews_per_second / 60
                errors.print(f"step {step.step} of {step.steps}: {description}, {minutes:.0f} minutes left")

        history = train_bert(
            config, reviews, output, checkpoints, recipe, BertOptions(base, max_length, resume), on_step
        )
    write_card(output)
    console.print(validation_summary(history), highlight=False)
    console.print(what_changed(config, output, shipped), highlight=False)


def _print_data(config: Config, reviews: "pd.DataFrame") -> None:
    from IMDb.commands.summary import summarise
    from IMDb.text.features import Features

    with progress_bar() as progress:
        task = progress.add_task("Reading the reviews", total=len(reviews))
        summary = summarise(reviews, Features(config).word_tokenizer, lambda: progress.advance(task))
    names, numbers = ("split", "label"), ("reviews", "words, median", "words, all", "unknown words")
    columns = [*map(Column, names), *(Column(name, "number") for name in numbers)]
    rows = [
        [
            group.split,
            group.label,
            f"{group.reviews:,}",
            f"{group.median_words:,.0f}",
            f"{group.words:,}",
            f"{group.oov_share:.2%}".replace("%", " %"),
        ]
        for group in summary.groups
    ]
    source = config.data if config.test is None else f"{config.data} and {config.test}"
    print_table(console, columns, rows, f"{len(reviews):,} reviews from {source}", n_headings=2)
    console.print(f"{summary.duplicates:,} reviews repeat the text of an earlier one; ", end="", highlight=False)
    console.print(f"{summary.shared_texts:,} distinct texts stand in more than one split.", highlight=False)


def _scores(config: Config, reviews: "pd.DataFrame") -> list[str]:
    """A sentence on the model's accuracy for each labelled split that it was not trained on."""
    from IMDb.models.model_card import share_with_interval
    from IMDb.models.prediction import load_predictor, score_reviews

    sentences = []
    with progress_bar() as progress:
        task = progress.add_task(f"Loading {config.model}")
        predictor = load_predictor(config)
        for split in ("validation", "test"):
            rows = reviews[(reviews["split"] == split) & reviews["label"].notna()]
            if rows.empty:
                continue
            progress.update(task, description=f"Scoring the {split} split", completed=0, total=len(rows))
            scores = score_reviews(predictor, rows, lambda count: progress.advance(task, count))
            sentences.append(
                f"{MODELS[config.model].path.name}: {split} accuracy "
                f"[bold]{share_with_interval(scores.accuracy, scores.count)}[/], 95 % interval, "
                f"n = {scores.count:,}; loss {scores.loss:.3f} nats"
            )
    return sentences


def _push_command(config: Config) -> str:
    spec = MODELS[config.model]
    return f"leap push -m {spec.path.relative_to(ROOT)} --type {spec.push_type}"
