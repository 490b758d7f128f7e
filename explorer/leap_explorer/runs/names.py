"""How several runs are told apart."""

from collections.abc import Sequence

from leap_explorer.runs.run import Run


def unique_names(runs: Sequence[Run]) -> list[str]:
    """A name for each: its own, or, where others share it, with its folder's parent, and with a number if need be."""
    names = [run.name for run in runs]
    unique: list[str] = []
    for run, name in zip(runs, names, strict=True):
        longer = name if names.count(name) == 1 else f"{run.path.resolve().parent.name}/{name}"
        unique.append(longer if longer not in unique else f"{longer} ({len(unique) + 1})")
    return unique
