"""Severity: how much of what goes wrong acting on a finding could mend, in one unit for every kind of insight.

Severity is 0-1, higher is worse: the share of the held-out loss that acting on the finding could remove at most. It is
a bound: few slices become as good as the average, and a label that a model contradicts may still be right.

| kind | acting on it | what is removed |
| --- | --- | --- |
| low performance | making the slice as good as the average | its excess loss (`removable`) |
| out of distribution | training on such samples | the excess loss of the far samples |
| mislabeled | correcting the labels | the excess loss of the samples with contradicted labels |
| over-fitting | training so that the model is as sure as it is right | the loss that over-confidence makes |
| robustness | answering changed samples as well as their originals | the changed samples' excess loss, of their own |
| domain gap | closing the gap | the domain's excess loss, or the part that its shifted metadata explain |

Findings about samples without a held-out loss (copies, leaks, training labels, unlabelled data) cannot be put in that
unit. They count by the share of the samples looked at that they concern (`counted`).
"""

import numpy as np
import numpy.typing as npt

from leap_explorer.insights.comparisons import welch
from leap_explorer.insights.rows import Mask
from leap_explorer.intervals import Estimate

#: Severities from which an insight is called medium and high.
MEDIUM, HIGH = 0.02, 0.1

NONE = Estimate(0.0, 0.0, 0.0)


def removable(loss: npt.NDArray[np.float64], part: Mask, within: Mask) -> Estimate:
    """Share of the loss `within` that would vanish were the part no worse than the average, with its 95 % interval.

    (mean of the part - mean of all) * samples of the part / total loss. The interval is that of Welch's comparison
    with the rest, as mean of the part - mean of all = (mean of the part - mean of the rest) * share of the rest. All
    are clipped to 0-1; `NONE` where a side is empty, or where there is no loss or no finite one.
    """
    part = part & within
    rest, total = within & ~part, loss[within].sum()
    if not part.any() or not rest.any() or not (np.isfinite(total) and total > 0):
        return NONE
    difference = welch(loss[part], loss[rest])
    scale = part.sum() * rest.sum() / (within.sum() * total)
    ends = np.clip(scale * np.array([difference.value, difference.low, difference.high]), 0.0, 1.0)
    return Estimate(*map(float, ends))


def counted(part: int, whole: int) -> Estimate:
    """A share of samples, which is counted and not estimated: its interval has no width."""
    share = part / whole if whole else 0.0
    return Estimate(share, share, share)


def label_of(severity: float) -> str:
    """`low` below 0.02, `medium` below 0.1, else `high`."""
    return "low" if severity < MEDIUM else "medium" if severity < HIGH else "high"
