"""How faithful each method is for the model of a run, measured on samples that the model has not learned from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from leap_explorer.contract.door import Door
from leap_explorer.contract.model import ModelFile
from leap_explorer.errors import ExplorerError
from leap_explorer.explain.any_model.measuring import (
    Key,
    Measured,
    Ways,
    declared_axis,
    measure_sample,
    output_row,
    read_model,
    read_ways,
)
from leap_explorer.explain.any_model.scale import Scale, scale_of
from leap_explorer.explain.faithfulness import RANDOM, SHARES, best_method, summarise
from leap_explorer.runs.held_out import evaluated, held_out
from leap_explorer.runs.run import FAITHFULNESS, Run, write_json

SAMPLES = 100

Report = Callable[[str, int, int], None]  #: what is done, how much of it, and of how much


def measure_run(
    door: Door, run: Run, samples: int = SAMPLES, seed: int = 0, report: Report = lambda *_: None
) -> dict[str, Any]:
    """Comprehensiveness (deletion) and sufficiency (insertion) of each method, as a dict that fits into JSON.

    As `faithfulness.measure` has it, with the units of the integration's own inputs in place of words, and the best
    method as `default`. Samples that cannot be measured are counted as `failed`.

    Raises:
        ExplorerError: the model is another one than the run's, or no sample can be measured.
    """
    report("Opening the integration", 0, 1)
    keys = drawn_keys(run, samples, seed)
    model = door.call(read_model)
    _check_model(run, model)
    scale = scale_of(run.task, door.call(declared_axis, run.task.output_index))
    ways = _ways(door, keys, _standing_in(scale))
    if scale.kind == "numbers":
        scale = _with_deviations(door, keys, scale, report)
    found, reasons = _measure_each(door, keys, scale, ways.methods, seed, report)
    if not found:
        raise ExplorerError(f"None of {len(keys)} samples could be measured. The first: {reasons[0]}")
    return {
        "model": {"file": model.name, "sha256": model.sha256},
        "drawn_from": len(pool(run)),
        "failed": len(reasons),
        "first_failure": next(iter(reasons), None),
        "parts": ways.units,
        "removal": ways.baseline,
        "value": scale.in_words,
        "shares": list(SHARES),
        "seed": seed,
        **_facts(found, ways.methods, seed),
    }


def write_measured(run: Run, measured: Mapping[str, Any]) -> None:
    """Keep it in the run's folder."""
    write_json(run.path / FAITHFULNESS, measured)


def pool(run: Run) -> list[Key]:
    """The samples that are drawn from: those held out, or, where there are none, all that were evaluated."""
    samples = run.samples
    mask = held_out(samples)
    rows = samples[mask if mask.any() else evaluated(samples)]
    return list(zip(rows["subset"].astype(str), rows["id"].astype(str), strict=True))


def drawn_keys(run: Run, count: int, seed: int) -> list[Key]:
    """So many samples, drawn at random.

    Raises:
        ExplorerError: the run has none that was evaluated.
    """
    keys = pool(run)
    if not keys:
        raise ExplorerError(f"{run.path} has no sample that was evaluated, so there is nothing to measure on.")
    return [keys[i] for i in np.sort(np.random.default_rng(seed).permutation(len(keys))[:count])]


def _standing_in(scale: Scale) -> Scale:
    """A scale that works before the means are known."""
    return replace(scale, mean=(0.0,), deviation=(1.0,))


def _check_model(run: Run, model: ModelFile) -> None:
    made_with = run.info["model"]
    if made_with.get("sha256") != model.sha256:
        raise ExplorerError(
            f"{model.name} is not the model that {run.path} was made with, {made_with.get('file')}. Name that file: "
            "--model FILE."
        )


def _ways(door: Door, keys: Sequence[Key], scale: Scale) -> Ways:
    """How the model can be explained, on the first sample that can be read.

    Raises:
        ExplorerError: none can.
    """
    reasons = []
    for key in keys:
        try:
            return door.call(read_ways, key, scale)
        except ExplorerError as error:
            reasons.append(str(error))
    raise ExplorerError(f"None of {len(keys)} samples can be explained. The first: {reasons[0]}")


def _with_deviations(door: Door, keys: Sequence[Key], scale: Scale, report: Report) -> Scale:
    """The scale with means and standard deviations of the samples' numbers."""
    rows = []
    for done, key in enumerate(keys):
        report("Asking the model", done, len(keys))
        try:
            rows.append(door.call(output_row, key, scale))
        except ExplorerError:  # measuring it will say so again, and count it
            continue
    if not rows:
        return _standing_in(scale)
    mean, deviation = np.mean(rows, axis=0), np.std(rows, axis=0)
    return replace(scale, mean=tuple(mean.tolist()), deviation=tuple(np.where(deviation > 0, deviation, 1.0).tolist()))


def _measure_each(
    door: Door, keys: Sequence[Key], scale: Scale, methods: Sequence[str], seed: int, report: Report
) -> tuple[list[Measured], list[str]]:
    """What was measured, and why nothing could be on the other samples."""
    found, reasons = [], []
    for done, key in enumerate(keys):
        report("Measuring", done, len(keys))
        try:
            found.append(door.call(measure_sample, key, scale, methods, seed + done))
        except ExplorerError as error:
            reasons.append(f"{key[1]}: {error}")
    report("Measuring", len(keys), len(keys))
    return found, reasons


def _facts(found: Sequence[Measured], methods: Sequence[str], seed: int) -> dict[str, Any]:
    table = np.stack([one.drops for one in found])
    measures = summarise(table, [*methods, RANDOM], np.random.default_rng(seed))
    for name, seconds in zip(methods, zip(*(one.seconds for one in found), strict=True), strict=True):
        measures[name]["seconds"] = {"median": float(np.median(seconds)), "longest": max(seconds)}
    units = int(np.median([one.units for one in found]))
    return {"default": best_method(measures), "samples": len(found), "units": units, "methods": measures}
