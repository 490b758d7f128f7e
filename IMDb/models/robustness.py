"""What `imdb robustness` found: a JSON file beside the models, of those very model files, and its table."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IMDb.config import write_atomically
from IMDb.errors import UserError
from leap_explorer.comparison.robustness import Robustness
from leap_explorer.comparison.sentences import in_words
from leap_explorer.insights.change import Change
from leap_explorer.intervals import Estimate
from leap_explorer.runs.figures import accuracy
from leap_explorer.runs.held_out import held_out

if TYPE_CHECKING:
    from leap_explorer.runs.run import Run

ROBUSTNESS_NAME = "robustness.json"

_NAMES = {"dense": "dense", "bert": "BERT"}


def measured_robustness(run: "Run", found: Sequence[Robustness]) -> dict[str, Any]:
    """Of a run of simulations: accuracy as written, and of each change its accuracy, errors and flips.

    `more_errors` is the change of the error rate on the same reviews, with p of McNemar's test; None without originals.
    """
    samples = run.samples[held_out(run.samples)]
    return {
        "n": len(samples),
        "subset": ", ".join(sorted(set(samples["subset"]))),
        "as_written": _numbers(accuracy(samples)),
        "changes": {
            one.change: {
                "n": one.n,
                "accuracy": _numbers(one.accuracy),
                "more_errors": one.comparison.error.to_dict() if one.comparison and one.comparison.error else None,
                "flips": one.flips,
            }
            for one in found
        },
    }


def write_robustness(folder: Path, model: str, sha256: str, found: Mapping[str, Any]) -> None:
    """Put what was found of a model beside what the file says of others."""
    models = read_robustness(folder) | {model: {"sha256": sha256, **found}}
    write_atomically(folder / ROBUSTNESS_NAME, json.dumps(models, indent=1) + "\n")


def read_robustness(folder: Path) -> dict[str, Any]:
    """By model what `write_robustness` wrote; empty if nothing was.

    Raises:
        UserError: the file is damaged.
    """
    path = folder / ROBUSTNESS_NAME
    try:
        return {
            name: {**found, "changes": dict(found["changes"])} for name, found in json.loads(path.read_text()).items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path} is damaged ({error}). Make it anew with `imdb robustness --card`.") from error


def robustness_section(models: Mapping[str, Mapping[str, Any]]) -> str:
    """The model card's section on changed reviews, the models beside each other."""
    sizes = sorted({f"{found['n']:,} {found['subset']} reviews" for found in models.values()})
    commands = " and ".join(f"`imdb robustness --model {name} --n {found['n']}`" for name, found in models.items())
    return f"""\
## On reviews that are written differently

{robustness_table(models)}

Made by {commands}: {", ".join(sizes)}, the same ones for each change and model; `minimal_pairs` are sentences made from
templates. In brackets 95 % intervals; those of the errors are of the same reviews, changed against as written (Agresti
and Min, 2005), each change by itself.
"""


def robustness_table(models: Mapping[str, Mapping[str, Any]], only: Sequence[str] | None = None) -> str:
    """In Markdown, a row for each change (of those named, if any are): accuracy, and how many more errors."""
    titles = ["change", *(f"{_NAMES.get(one, one)}: {what}" for one in models for what in ("accuracy", "more errors"))]
    rows = [["as written", *(cell for found in models.values() for cell in (_accuracy(found["as_written"]), ""))]]
    changes = dict.fromkeys(change for found in models.values() for change in found["changes"])
    for change in changes if only is None else only:
        of_each = [found["changes"].get(change) for found in models.values()]
        rows.append([f"`{change}`", *(cell for one in of_each for cell in _cells(one))])
    return "\n".join(f"| {' | '.join(row)} |" for row in [titles, ["---"] * len(titles), *rows])


def _cells(one: Mapping[str, Any] | None) -> tuple[str, str]:
    if one is None:
        return "", ""
    return _accuracy(one["accuracy"]), _more(one["more_errors"])


def _accuracy(found: Mapping[str, float] | None) -> str:
    return Estimate(**found).text(percent=True) if found else ""


def _more(found: Mapping[str, float] | None) -> str:
    if found is None:
        return ""
    change = Change(found["base"], found["new"], Estimate(found["value"], found["low"], found["high"]), found["p"])
    return in_words(change, True)


def _numbers(found: Estimate | None) -> dict[str, float] | None:
    return found.to_dict() if found else None
