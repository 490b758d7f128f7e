"""Which samples of two runs are the same."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Rows = npt.NDArray[np.intp]

_HASH = "input_hash"


@dataclass(frozen=True)
class Matching:
    """Rows of two runs pair by pair, those that were found by id first, and how the others fared."""

    base: Rows  #: [pairs], rows of the first run
    new: Rows  #: [pairs], rows of the second
    by_id: int  #: pairs of one subset and id
    by_hash: int  #: further pairs of equal inputs, whatever they are called
    only_base: int  #: samples without a partner
    only_new: int

    def sentence(self) -> str:
        """Such as `2,495 samples are in both (2,495 by id, 0 by their inputs); 10 only in the first, ...`."""
        return (
            f"{len(self.base):,} samples are in both ({self.by_id:,} by id, {self.by_hash:,} by their inputs); "
            f"{self.only_base:,} only in base, {self.only_new:,} only in new."
        )


def match(base: pd.DataFrame, new: pd.DataFrame) -> Matching:
    """Pair samples by subset and id, and those left over by `input_hash`, where one of each run has that hash.

    The hash is of what the model reads, so that two models with other tokenizers share no hash.
    """
    of_base, of_new = _paired(_keys(base), _keys(new))
    left_base, left_new = _left(len(base), of_base), _left(len(new), of_new)
    if _HASH in base.columns and _HASH in new.columns:
        found = _paired(_hashes(base, left_base), _hashes(new, left_new))
        more_base, more_new = left_base[found[0]], left_new[found[1]]
    else:
        more_base = more_new = np.empty(0, dtype=np.intp)
    pairs = len(of_base) + len(more_base)
    return Matching(
        np.concatenate([of_base, more_base]),
        np.concatenate([of_new, more_new]),
        len(of_base),
        len(more_base),
        len(base) - pairs,
        len(new) - pairs,
    )


def _keys(samples: pd.DataFrame) -> pd.Series:
    """Subset and id of each row, in one."""
    return (samples["subset"].astype(str) + "\0" + samples["id"].astype(str)).reset_index(drop=True)


def _hashes(samples: pd.DataFrame, rows: Rows) -> pd.Series:
    """The hashes of some rows; none of a sample that could not be read."""
    values = samples[_HASH].iloc[rows].reset_index(drop=True)
    return values.mask(values == 0)


def _paired(base: pd.Series, new: pd.Series) -> tuple[Rows, Rows]:
    """Places of the keys that stand once on either side, in the order of the first."""
    once = [values.dropna()[lambda known: ~known.duplicated(keep=False)] for values in (base, new)]
    places = pd.Index(once[1]).get_indexer(pd.Index(once[0]))
    found = places >= 0
    return np.asarray(once[0].index, dtype=np.intp)[found], np.asarray(once[1].index, dtype=np.intp)[places[found]]


def _left(n: int, taken: Rows) -> Rows:
    is_left = np.ones(n, dtype=bool)
    is_left[taken] = False
    return np.flatnonzero(is_left)
