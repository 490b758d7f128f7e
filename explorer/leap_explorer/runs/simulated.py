"""Simulated samples, whose ids say what they are: `SOURCE~CHANGE`, such as `train-neg-00012~typos:rate=0.05`."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.contract.recipe import SEPARATOR, Recipe
from leap_explorer.runs.held_out import ADDITIONAL
from leap_explorer.runs.run import Run

Rows = npt.NDArray[np.intp]

#: The column of a run of simulations that says how a sample was changed; empty of an original.
CHANGE = "change"
CHANGE_COLUMN: dict[str, dict[str, Any]] = {
    CHANGE: {
        "role": "change",
        "type": "string",
        "direction": None,
        "computes_insights": False,
        "description": "How the simulation changed the sample; empty of one as it was written.",
    }
}


def source_of(sample_id: str) -> str | None:
    """The id of the sample that a simulated one is made of; None of one that is not simulated."""
    source, is_simulated, _ = sample_id.rpartition(SEPARATOR)
    return source if is_simulated else None


def change_of(sample_id: str) -> str | None:
    """How a simulated sample was changed; None of one that is not simulated."""
    _, is_simulated, change = sample_id.rpartition(SEPARATOR)
    return change if is_simulated else None


def recipes_of(run: Run) -> tuple[Recipe, ...]:
    """The simulations that a run is of; none of any other run."""
    options = run.info.get("options") or {}
    return tuple(
        Recipe(str(one["text"]), int(one["samples"]), int(one["seed"])) for one in options.get("simulations") or ()
    )


def changes_of(samples: pd.DataFrame) -> dict[str, Rows]:
    """By change the rows of its samples, in the run's order."""
    ids = samples["id"].astype(str)
    is_made = (samples["subset"] == ADDITIONAL).to_numpy(dtype=bool, na_value=False)
    rows = np.flatnonzero(is_made & ids.str.contains(SEPARATOR, regex=False).to_numpy(dtype=bool))
    names = np.array([one.rpartition(SEPARATOR)[2] for one in ids.iloc[rows]], dtype=object)
    return {str(name): rows[names == name] for name in dict.fromkeys(names)}


def originals_of(samples: pd.DataFrame, rows: Rows) -> tuple[Rows, Rows]:
    """Of simulated samples those whose originals are in the run too, and these, pair by pair."""
    is_own = (samples["subset"] != ADDITIONAL).to_numpy(dtype=bool, na_value=True)
    own = np.flatnonzero(is_own)
    by_id = pd.Series(own, index=samples["id"].astype(str).iloc[own])
    sources = samples["id"].astype(str).iloc[rows].map(source_of)
    found = sources.map(by_id[~by_id.index.duplicated()])
    known = found.notna().to_numpy()
    return rows[known], found[known].to_numpy(dtype=np.intp)


def as_two_runs(run: Run, change: str, rows: Rows) -> tuple[Run, Run]:
    """The originals of a change, and the changed samples under their originals' ids and subsets.

    Samples whose original is not in the run are in neither.
    """
    made, sources = originals_of(run.samples, rows)
    originals = run.samples.iloc[sources].reset_index(drop=True)
    changed = run.samples.iloc[made].reset_index(drop=True).assign(id=originals["id"], subset=originals["subset"])
    return run.part("as written", originals), run.part(change, changed)
