"""Where a run's integration and model were when it was made, so that its samples can be shown again."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Sources:
    """The folder of an integration, and its model's file."""

    integration: Path
    model: Path | None  #: None where the integration loads its model itself

    def to_dict(self, run: Path) -> dict[str, str | None]:
        """What `run.json` keeps of it, for a run in that folder."""
        model = None if self.model is None else _written(self.model, run)
        return {"integration": _written(self.integration, run), "model": model}


def sources_of(kept: Any, run: Path) -> Sources | None:
    """What the run in that folder remembers; None of a run of a table, or of an older version.

    Args:
        kept: what its `run.json` says of them, which may be anything.
    """
    if not isinstance(kept, dict) or not isinstance(kept.get("integration"), str):
        return None
    model = kept.get("model")
    return Sources(_found(kept["integration"], run), _found(model, run) if isinstance(model, str) else None)


def travelling(sources: Sources, target: Path) -> dict[str, str | None] | None:
    """What a copy of the run in the folder `target` remembers: only what lies in one project with it.

    So a copy that is put into the integration's own folder still finds it, and one that is sent to others names no
    folder of this machine.
    """
    integration, model = sources.integration, sources.model
    if not target.resolve().is_relative_to(integration):
        return None
    return Sources(integration, model if model and model.is_relative_to(integration) else None).to_dict(target)


def _found(written: str, run: Path) -> Path:
    return Path(os.path.normpath(run.resolve() / written))


def _written(path: Path, run: Path) -> str:
    """Relative to the run where both lie in one folder other than the root, so that the folder can move."""
    target, home = path.resolve(), run.resolve()
    try:
        common = Path(os.path.commonpath([target, home]))
    except ValueError:  # on two drives
        return str(target)
    is_apart = common == Path(common.anchor)
    return str(target) if is_apart else Path(os.path.relpath(target, home)).as_posix()
