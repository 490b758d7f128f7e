"""Training histories: one JSON file beside each model."""

import json
from pathlib import Path
from typing import Any

from IMDb.config import write_atomically
from IMDb.errors import UserError


def write_history(path: Path, history: dict[str, Any]) -> None:
    """Write a history as JSON."""
    write_atomically(path, json.dumps(history, indent=1) + "\n")


def read_history(path: Path) -> dict[str, Any]:
    """Read what `write_history` wrote.

    Raises:
        UserError: the file is missing or damaged.
    """
    try:
        history = json.loads(path.read_text(encoding="utf-8"))
        shipped_entry(history)
        return history
    except FileNotFoundError as error:
        raise UserError(f"No training history at {path}. Make it with `imdb train`.") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is not a training history ({error}). Make it anew with `imdb train`.") from error


def shipped_entry(history: dict[str, Any]) -> dict[str, float]:
    """Loss and accuracy of the weights in the model file: measured on it, or else those of the epoch it is from.

    Raises:
        ValueError: there is no such epoch.
    """
    if "shipped" in history:
        return history["shipped"]
    for entry in history["epochs"]:
        if entry["epoch"] == history["shipped_epoch"]:
            return entry
    raise ValueError(f"no epoch {history['shipped_epoch']}, whose weights were shipped")
