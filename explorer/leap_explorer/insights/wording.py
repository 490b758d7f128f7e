"""Numbers as the titles of insights put them."""

from typing import Any

import numpy as np
import numpy.typing as npt

from leap_explorer.intervals import wilson_interval


def share(part: float, whole: float) -> str:
    """A share in per cent, such as `4.2 %`."""
    return f"{100 * part / whole:.1f} %"


def of_total(part: int, whole: int) -> str:
    """`n of N`, such as `1,000 of 2,500`."""
    return f"{part:,} of {whole:,}"


def decimals(value: float) -> str:
    """A loss for a sentence: three significant digits."""
    return f"{value:.3g}"


def error_rate(wrong: npt.NDArray[np.float64]) -> dict[str, Any] | None:
    """Wrong predictions among the judged ones (0 or 1; NaN is not judged): count, share and 95 % Wilson interval."""
    judged = wrong[~np.isnan(wrong)]
    if not len(judged):
        return None
    errors = int(judged.sum())
    low, high = wilson_interval(errors, len(judged))
    return {"errors": errors, "n": len(judged), "share": errors / len(judged), "low": low, "high": high}
