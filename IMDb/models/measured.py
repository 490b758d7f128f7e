"""What `imdb measure` found on reviews that no model has learned from: a JSON file beside the models, for the card."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from IMDb.config import write_atomically
from IMDb.errors import UserError
from IMDb.metrics import cross_entropy, softmax
from leap_explorer.intervals import wilson_interval

MEASURED_NAME = "measured.json"

#: By name what is measured, in the order of the tables.
BOTH = "both"

_TEMPERATURES = np.geomspace(0.25, 4.0, 1201)

Logits = npt.NDArray[np.floating]
Labels = npt.NDArray[np.int64]


def fit_temperature(logits: Logits, labels: Labels) -> float:
    """The number by which to divide logits for the lowest mean cross-entropy, of 1,201 from 1/4 to 4.

    Above 1 the model is too sure of itself. After Guo et al. (2017), "On Calibration of Modern Neural Networks". It
    changes no prediction.
    """
    truth = np.eye(logits.shape[1])[labels]
    losses = [cross_entropy(truth, logits / one, from_logits=True).mean() for one in _TEMPERATURES]
    return float(_TEMPERATURES[int(np.argmin(losses))])


def scores(logits: Logits, labels: Labels, temperature: float) -> dict[str, Any]:
    """Accuracy with its 95 % Wilson interval, and before and after a temperature the loss in nats and the calibration.

    `calibration` is the expected calibration error, 0 (best) to 1.
    """
    right = logits.argmax(axis=1) == labels
    low, high = wilson_interval(int(right.sum()), len(labels))
    return {
        "accuracy": float(right.mean()),
        "interval": [low, high],
        "temperature": temperature,
        "before": _calibration(logits, labels),
        "after": _calibration(logits / temperature, labels),
    }


def _calibration(logits: Logits, labels: Labels) -> dict[str, float]:
    from leap_explorer.dashboard.plots.calibration import calibration_error

    probabilities = softmax(logits)
    loss = cross_entropy(np.eye(logits.shape[1])[labels], logits, from_logits=True)
    error = calibration_error(probabilities.max(axis=1), (logits.argmax(axis=1) == labels).astype(float))
    return {"loss": float(loss.mean()), "calibration": error.value if error else float("nan")}


def write_measured(folder: Path, models: Mapping[str, str], sources: Mapping[str, Any]) -> None:
    """Write what was measured, beside what was measured before of the same model files.

    Args:
        models: by name the SHA-256 of the model's file.
        sources: by what the reviews are: `n`, the `command` that measures it, and `models`, by name their `scores`.
    """
    known = read_measured(folder)
    before = known["sources"] if known and known["models"] == dict(models) else {}
    content = {"models": dict(models), "sources": {**before, **sources}}
    write_atomically(folder / MEASURED_NAME, json.dumps(content, indent=1) + "\n")


def read_measured(folder: Path) -> dict[str, Any] | None:
    """What `write_measured` wrote; None if nothing was measured.

    Raises:
        UserError: the file is damaged.
    """
    path = folder / MEASURED_NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {"models": dict(content["models"]), "sources": dict(content["sources"])}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is damaged ({error}). Make it anew with `imdb measure --card`.") from error


def measured_section(measured: Mapping[str, Any]) -> str:
    """The model card's section on reviews that no model has learned from."""
    rows = ["| reviews | model | accuracy, 95 % interval | loss, calibrated | calibration error, calibrated |"]
    rows.append("|" + " --- |" * 5)
    for source, facts in measured["sources"].items():
        for model, found in facts["models"].items():
            rows.append(f"| {source}, n = {facts['n']:,} | {model} | {' | '.join(in_words(found))} |")
    commands = dict.fromkeys(f"`{facts['command']}`" for facts in measured["sources"].values())
    return f"""\
## On reviews that neither model has learned from

{chr(10).join(rows)}

Made by {", ".join(commands)}. `{BOTH}` is the mean of the two models' probabilities. Losses
are mean cross-entropies in nats; the calibration error is the mean distance between confidence and accuracy. Calibrated
means that logits are divided by a temperature fitted on the validation reviews (Guo et al., 2017): it changes no
prediction, and is not part of the model files. On the validation reviews its gain is slightly in its favour, and what
fits them need not fit other reviews. Rotten Tomatoes (Pang and Lee, 2005) are single sentences of 18 words at the
median, far from what the models were trained on.
"""


def in_words(found: Mapping[str, Any]) -> list[str]:
    """Of `scores`: the accuracy, and loss and calibration error before and after the temperature."""
    low, high = found["interval"]
    before, after = found["before"], found["after"]
    return [
        f"{100 * found['accuracy']:.1f} % ({100 * low:.1f}-{100 * high:.1f})",
        f"{before['loss']:.3f}, {after['loss']:.3f} at {found['temperature']:.2f}",
        f"{before['calibration']:.3f}, {after['calibration']:.3f}",
    ]
