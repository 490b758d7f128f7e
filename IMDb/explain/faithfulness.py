"""What `imdb faithfulness` measured of a model: a JSON file beside it, which holds for that very model file only."""

import json
from pathlib import Path
from typing import Any

from IMDb.config import write_atomically
from IMDb.errors import UserError
from leap_explorer.file_hash import sha256_of

#: What a heat-map should reach, as multiples of a random ranking's measures.
LEAST_COMPREHENSIVENESS, MOST_SUFFICIENCY = 4.0, 0.5


def faithfulness_path(model: Path) -> Path:
    return model.with_suffix(".faithfulness.json")


def write_faithfulness(path: Path, model: Path, measured: dict[str, Any]) -> None:
    """Write the measures with the file that they are of."""
    content = {"model": {"file": model.name, "sha256": sha256_of(model)}, **measured}
    write_atomically(path, json.dumps(content, indent=1) + "\n")


def read_faithfulness(model: Path) -> dict[str, Any] | None:
    """What was measured of a model file; None if nothing was, or of an earlier file of that name.

    Raises:
        UserError: the measures are damaged.
    """
    path = faithfulness_path(model)
    try:
        measured = json.loads(path.read_text(encoding="utf-8"))
        sha256 = measured["model"]["sha256"]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is damaged. Make it anew with `imdb faithfulness --model {model.stem}`.") from error
    return measured if model.exists() and sha256_of(model) == sha256 else None


def faithfulness_section(measured: dict[str, Any]) -> str:
    """The measures in Markdown."""
    methods, default = measured["methods"], measured["default"]
    rows = ["| ranking | comprehensiveness | sufficiency | seconds a review |", "|" + " --- |" * 4]
    for name, of_method in methods.items():
        mark = " (default)" if name == default else ""
        seconds = f"{of_method['seconds']['median']:.2f}" if "seconds" in of_method else ""
        figures = [_figure(of_method[measure]) for measure in ("comprehensiveness", "sufficiency")]
        rows.append(f"| {name}{mark} | {figures[0]} | {figures[1]} | {seconds} |")
    shares = ", ".join(f"{share:.0%}".replace("%", " %") for share in measured["shares"])
    table = "\n".join(rows)
    return f"""\
### How far its heat-maps can be trusted

How much the probability of the predicted class falls without a heat-map's top words (comprehensiveness, higher is
better) and with nothing but them (sufficiency, lower is better), the mean over {shares} of a review's words and over
{measured["samples"]} {measured["split"]} reviews drawn at random, with 95 % bootstrap intervals (DeYoung et al., 2020).
A word goes by {measured["removal"]}. Figures of two models cannot be compared.

{table}

{verdict(methods[default])}{_completeness(methods[default])}{_gates(default)} Seconds are
medians on {measured["hardware"]}.
"""


def _figure(interval: dict[str, float]) -> str:
    return f"{interval['mean']:.3f} ({interval['low']:.3f} to {interval['high']:.3f})"


def verdict(of_method: dict[str, Any]) -> str:
    """Two sentences on how a method stands beside a random ranking, and whether that is what was aimed at."""
    more, less = (of_method[measure]["times_random"]["mean"] for measure in ("comprehensiveness", "sufficiency"))
    if more is None or less is None:
        return "A random ranking changes nothing, so there is nothing to compare with."
    is_reached = more >= LEAST_COMPREHENSIVENESS, less <= MOST_SUFFICIENCY
    reached = ["reached" if one else "missed" for one in is_reached]
    return (
        f"The default's comprehensiveness is {more:.1f} times that of a random ranking (aim: at least "
        f"{LEAST_COMPREHENSIVENESS:g}, {reached[0]}). Its sufficiency is {less:.2f} times (aim: at most "
        f"{MOST_SUFFICIENCY:g}, {reached[1]})."
    )


def _gates(method: str) -> str:
    if "gates detached" not in method:
        return ""
    return (
        " With gates detached, the gradient takes attention weights, the scales of layer norms and the gates of "
        "activations for constants (Ali et al., 2022; Achtibat et al., 2024)."
    )


def _completeness(of_method: dict[str, Any]) -> str:
    gap = of_method.get("completeness_gap")
    if gap is None:
        return ""
    return (
        f" Its scores add up to what they explain within {100 * gap['median']:.1f} % at the median and "
        f"{100 * gap['largest']:.1f} % at most; {gap['over']} reviews were over the allowed gap and would be shown "
        "without a map."
    )
