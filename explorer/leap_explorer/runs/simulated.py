"""Simulated samples, whose ids say what they are: `SOURCE~CHANGE`, such as `train-neg-00012~typos:rate=0.05`."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_explorer.contract.recipe import SEPARATOR
from leap_explorer.runs.held_out import ADDITIONAL
from leap_explorer.runs.run import Run

Rows = npt.NDArray[np.intp]


def source_of(sample_id: str) -> str | None:
    """The id of the sample that a simulated one is made of; None of one that is not simulated."""
    source, is_simulated, _ = sample_id.rpartition(SEPARATOR)
    return source if is_simulated else None


def changes_of(samples: pd.DataFrame) -> dict[str, Rows]:
    """By change the rows of its samples, in the run's order."""
    ids = samples["id"].astype(str)
    is_made = (samples["subset"] == ADDITIONAL).to_numpy(dtype=bool, na_value=False)
    rows = np.flatnonzero(is_made & ids.str.contains(SEPARATOR, regex=False).to_numpy(dtype=bool))
    names = np.array([one.rpartition(SEPARATOR)[2] for one in ids.iloc[rows]], dtype=object)
    return {str(name): rows[names == name] for name in dict.fromkeys(names)}


def as_two_runs(run: Run, change: str, rows: Rows) -> tuple[Run, Run]:
    """The originals of a change, and the changed samples under their originals' ids and subsets.

    Samples whose original is not in the run are in neither.
    """
    samples, made = run.samples, run.samples.iloc[rows]
    sources = made["id"].astype(str).map(source_of)
    by_id = samples[samples["subset"] != ADDITIONAL].drop_duplicates("id").set_index("id", drop=False)
    known = sources.isin(by_id.index).to_numpy()
    originals = by_id.loc[sources[known]].reset_index(drop=True)
    changed = made[known].reset_index(drop=True).assign(id=originals["id"], subset=originals["subset"])
    return run.part("as written", originals), run.part(change, changed)
