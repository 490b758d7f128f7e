"""Which method explains a model by default: the one that was measured to be the best, kept beside the model's file."""

import json
from pathlib import Path

from leap_explorer.errors import ExplorerError
from leap_explorer.file_hash import sha256_of
from leap_explorer.runs.run import write_json


def choice_path(model: Path) -> Path:
    return model.with_suffix(".heatmap.json")


def write_choice(model: Path, sha256: str, method: str) -> None:
    """Keep the method for that very file.

    Raises:
        ExplorerError: nothing can be written there.
    """
    try:
        write_json(choice_path(model), {"model": {"file": model.name, "sha256": sha256}, "method": method})
    except OSError as error:
        raise ExplorerError(f"{choice_path(model)} cannot be written ({error.strerror}).") from error


def read_choice(model: Path | None) -> str | None:
    """The method for that very file; None where none was measured for it.

    Raises:
        ExplorerError: what is kept is damaged.
    """
    if model is None or not choice_path(model).exists():
        return None
    try:
        kept = json.loads(choice_path(model).read_text(encoding="utf-8"))
        method, sha256 = str(kept["method"]), kept["model"]["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ExplorerError(
            f"{choice_path(model)} is damaged. Make it anew with `leap-explorer faithfulness`, or delete it."
        ) from error
    return method if sha256_of(model) == sha256 else None
