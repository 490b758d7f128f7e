"""Explore a model on this machine: where it fails, which labels are wrong, what its samples are like.

    import leap_explorer

    run = leap_explorer.load_run("runs/mine")  # or evaluate(...), or run_from_frame(...)
    leap_explorer.explore(run)  # in a notebook the dashboard stands below the cell

Each of these names says more in `help()`. Importing the package loads nothing else; using a name does.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from leap_explorer.api import Exploration, evaluate, explore, find_insights, load_run, run_from_frame

__all__ = ["Exploration", "evaluate", "explore", "find_insights", "load_run", "run_from_frame"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from leap_explorer import api

    return getattr(api, name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
