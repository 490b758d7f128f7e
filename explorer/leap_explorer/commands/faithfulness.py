"""The command `leap-explorer faithfulness`: how far the heat-maps of a run's model can be trusted."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.markup import escape

from leap_explorer.commands.runs import console, errors, progress
from leap_explorer.commands.terminal import Column, print_table
from leap_explorer.errors import ExplorerError
from leap_explorer.extras import require
from leap_explorer.file_hash import sha256_of
from leap_explorer.runs.run import Run, load_run, write_json
from leap_explorer.runs.sources import Sources
from leap_explorer.samples.where import given_sources

_MEASURES = ("comprehensiveness", "sufficiency")


@dataclass(frozen=True)
class Opened:
    """How the integration's process is opened."""

    time_limit: float  #: seconds that its code may take for one sample
    trusts_model: bool  #: whether code that the model file holds may be run


def faithfulness_command(
    path: Path, given: tuple[Path | None, Path | None], out: Path | None, samples: int, seed: int, opened: Opened
) -> None:
    """Measure, keep what was measured in the run and the best method beside the model, and print both.

    Args:
        path: the run's folder.
        given: folder and model file, where the user names them; see `sources`.
        out: a file to write to in place of the run; nothing else is written then.
        samples, seed: of the draw.

    Raises:
        ExplorerError: the integration or the model cannot be opened, is not the run's, or nothing can be measured.
    """
    require("Measuring heat-maps", "evaluate")
    from leap_explorer.contract.door import Door
    from leap_explorer.explain.any_model.of_run import measure_run, write_measured

    run = load_run(path)
    found = sources(run, *given)
    folder, file = found.integration, found.model
    with progress() as report, Door(folder, file, opened.time_limit, is_trusted=opened.trusts_model) as door:
        measured = measure_run(door, run, samples, seed, report)
    if out is not None:
        write_json(out, measured)
    else:
        write_measured(run, measured)
    _print_measured(run, measured)
    if out is None:
        _choose(file, measured)
    _say(f"Written to {out or run.path}.")


def sources(run: Run, integration: Path | None, model: Path | None) -> Sources:
    """Where integration and model are: as given, else as the run remembers, else the current folder.

    Without a model file that the run was made with, be it in the folder, in `models` there, or beside the run, the
    integration loads its own.

    Raises:
        ExplorerError: there is no such folder or file, or the current folder holds no integration.
    """
    (given,) = given_sources([run], integration, [model] if model else [])
    found = given or run.sources
    if found is None and not Path("leap.yaml").is_file():
        raise ExplorerError(f"The run {run.name} does not say where its integration is: add --integration DIR.")
    found = found or Sources(Path().resolve(), None)
    return Sources(found.integration, found.model or _model_file(run, found.integration))


def _model_file(run: Run, folder: Path) -> Path | None:
    name, sha256 = str(run.info["model"].get("file")), run.info["model"].get("sha256")
    for place in (folder, folder / "models", run.path.parent, run.path.parent.parent):
        path = place / name
        if path.is_file() and sha256_of(path) == sha256:
            return path
    return None


def verdict(measured: Mapping[str, Any]) -> str:
    """How the best method stands beside a random ranking, in a sentence."""
    default = measured["default"]
    ratio = measured["methods"][default]["comprehensiveness"]["times_random"]
    if ratio["mean"] is None or ratio["low"] is None:
        return f"{default} is the best, but a random ranking changes nothing, so there is nothing to compare with."
    if ratio["low"] <= 1:
        return f"No method is surely better than a random ranking, {default} neither: do not rely on the heat-maps."
    return f"{default} is the best: {ratio['mean']:.1f} times as much hangs on its top as on a random one."


def _choose(file: Path | None, measured: Mapping[str, Any]) -> None:
    """Make the best method the model's default; where nothing can be kept beside it, say so."""
    from leap_explorer.explain.any_model.chosen import write_choice

    if file is None:
        _say("The integration loads the model by itself, so the best method is kept in the run alone.")
        return
    try:
        write_choice(file, measured["model"]["sha256"], measured["default"])
        _say(f"The heat-maps of {file.name} are by {measured['default']} from now on.")
    except ExplorerError as error:
        errors.print(escape(f"{error} The best method is kept in the run alone."), highlight=False, soft_wrap=True)


def _print_measured(run: Run, measured: Mapping[str, Any]) -> None:
    columns = [Column("ranking"), *(Column(name, "number") for name in (*_MEASURES, "seconds"))]
    rows = [
        [
            f"{name} (default)" if name == measured["default"] else name,
            *(_with_interval(found[kind]) for kind in _MEASURES),
            f"{found['seconds']['median']:.2f}" if "seconds" in found else "",
        ]
        for name, found in measured["methods"].items()
    ]
    print_table(console, columns, rows, f"{measured['samples']:,} of {measured['drawn_from']:,} samples of {run.path}")
    for kind, what in (("comprehensiveness", "Without"), ("sufficiency", "With nothing but")):
        shares = [Column(f"{share:.0%}", "number") for share in measured["shares"]]
        curves = {name: found[kind]["by_share"] for name, found in measured["methods"].items()}
        rows = [[name, *(f"{value:.3f}" for value in curve)] for name, curve in curves.items()]
        print_table(console, [Column("ranking"), *shares], rows, f"{what} the top .. of the {measured['parts']}")
    _say(f"Measured: the mean fall of the {measured['value']}. What goes becomes {measured['removal']}.")
    if measured["failed"]:
        _say(f"{measured['failed']:,} samples could not be measured. The first: {measured['first_failure']}")
    _say(verdict(measured))


def _with_interval(of_measure: Mapping[str, float]) -> str:
    return f"{of_measure['mean']:.3f} ({of_measure['low']:.3f} to {of_measure['high']:.3f})"


def _say(line: str) -> None:
    console.print(escape(line), highlight=False, soft_wrap=True)
