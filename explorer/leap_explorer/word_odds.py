"""How much more usual a word is in one corpus than in another: log-odds ratios with an informative Dirichlet prior."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def log_odds(
    inside: npt.ArrayLike, outside: npt.ArrayLike, prior: npt.ArrayLike | None = None, strength: float = 500.0
) -> tuple[Floats, Floats]:
    """Log-odds ratio of each term between two corpora, and its standard error (Monroe, Colaresi and Quinn 2008).

    With y terms counted in a corpus of n, and a Dirichlet prior a of sum a0 (equations 16 and 19 there):

        value = log((y1 + a) / (n1 + a0 - y1 - a)) - log((y2 + a) / (n2 + a0 - y2 - a))
        error = sqrt(1 / (y1 + a) + 1 / (y2 + a))

    `prior` gives the terms' frequencies in general, of both corpora together by default; it is scaled to add up to
    `strength`, which is the number of counts that the prior is worth. Above 0 where a term is more usual inside.

    Raises:
        ValueError: the lengths differ, a count is negative, or a term occurs nowhere, the prior included.
    """
    first, second = (np.asarray(counts, dtype=np.float64) for counts in (inside, outside))
    general = first + second if prior is None else np.asarray(prior, dtype=np.float64)
    if not first.shape == second.shape == general.shape:
        raise ValueError(f"one count a term is needed in each corpus: {first.shape}, {second.shape}, {general.shape}")
    if (first < 0).any() or (second < 0).any() or not (general > 0).all():
        raise ValueError("counts are 0 or more, and the prior is above 0 for each term")
    a = strength * general / general.sum()
    value = _log_odds(first, a) - _log_odds(second, a)
    return value, np.sqrt(1 / (first + a) + 1 / (second + a))


def _log_odds(counts: Floats, prior: Floats) -> Floats:
    posterior = counts + prior
    return np.asarray(np.log(posterior) - np.log(posterior.sum() - posterior))
