"""Changes that differ in one number alone: how a model stands as the change gets stronger."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from leap_explorer.comparison.robustness import Robustness


@dataclass(frozen=True)
class Curve:
    """One simulation at two strengths or more."""

    name: str  #: the simulation, and its parameters that stay: `typos, kind=all`
    parameter: str  #: the number that changes
    points: tuple[tuple[float, Robustness], ...]  #: by strength


def curves(found: Sequence[Robustness]) -> list[Curve]:
    """Of changes such as `typos:rate=0.05,kind=all`, in the order in which they first appear."""
    groups: dict[tuple[str, str], dict[float, Robustness]] = defaultdict(dict)
    for one in found:
        name, _, written = one.change.partition(":")
        parameters = dict(part.split("=", 1) for part in written.split(",") if "=" in part)
        for parameter, value in parameters.items():
            if (strength := _number(value)) is not None:
                others = [f"{key}={other}" for key, other in parameters.items() if key != parameter]
                groups[", ".join([name, *others]), parameter][strength] = one
    return [
        Curve(name, parameter, tuple(sorted(points.items(), key=lambda point: point[0])))
        for (name, parameter), points in groups.items()
        if len(points) > 1
    ]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
