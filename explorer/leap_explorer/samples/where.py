"""Where integrations and models are, as a command is told."""

from collections.abc import Sequence
from pathlib import Path

from leap_explorer.errors import ExplorerError
from leap_explorer.runs.run import Run
from leap_explorer.runs.sources import Sources


def given_sources(runs: Sequence[Run], integration: Path | None, models: Sequence[Path]) -> list[Sources | None]:
    """For each run what the user says of it, with the rest from the run; None where nothing was said.

    Args:
        integration: of all runs.
        models: one a run, in their order, or none.

    Raises:
        ExplorerError: a folder or a file is not there, or the models are not as many as the runs.
    """
    if integration is not None and not integration.is_dir():
        raise ExplorerError(f"There is no folder {integration}.")
    if models and len(models) != len(runs):
        raise ExplorerError(f"--model is given {len(models)} times for {len(runs)} runs: once a run, in their order.")
    for model in models:
        if not model.is_file():
            raise ExplorerError(f"There is no model at {model}.")
    return [_given(run, integration, models[place] if models else None) for place, run in enumerate(runs)]


def _given(run: Run, integration: Path | None, model: Path | None) -> Sources | None:
    if integration is None and model is None:
        return None
    folder = integration or (run.sources.integration if run.sources else None)
    if folder is None:
        raise ExplorerError(f"The run {run.name} does not say where its integration is: add --integration DIR.")
    return Sources(folder.resolve(), model.resolve() if model else run.sources.model if run.sources else None)
