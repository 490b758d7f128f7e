"""`imdb labels`: the labels that the models contradict, and what people say of them."""

import typer

from IMDb.commands.explorer import REVIEW_DIR, run_folder
from IMDb.commands.options import DataOption, RunsArgument, settings
from IMDb.model_specs import MODELS
from leap_explorer.commands.options import (
    AloneOption,
    AnswersOption,
    ArgillaOption,
    CorrectedOption,
    LabelCsvOption,
    LabelStudioOption,
    LimitOption,
)


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command()(labels)


def labels(
    runs: RunsArgument = None,
    data: DataOption = None,
    alone: AloneOption = False,
    limit: LimitOption = 20,
    csv: LabelCsvOption = None,
    label_studio: LabelStudioOption = None,
    argilla: ArgillaOption = None,
    answers: AnswersOption = None,
    corrected: CorrectedOption = None,
) -> None:
    """List the labels that models which have not learned from them contradict, the most suspicious first.

    All models judge together. `imdb train dense --data CORRECTED` trains on what `--corrected` writes, and says at its
    end what that gained.
    """
    from IMDb.explain.reader import ReviewTexts
    from leap_explorer.commands.labels import LabelFiles, labels_command
    from leap_explorer.runs.run import load_run

    shown = [load_run(folder) for folder in runs or [run_folder(name) for name in MODELS]]
    files = LabelFiles(csv, label_studio, argilla, answers, corrected)
    labels_command(shown, ReviewTexts(settings(None, data)), REVIEW_DIR, files, limit, alone)
