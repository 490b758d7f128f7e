"""A comparison in five sentences."""

from collections.abc import Sequence

from leap_explorer.comparison.compare import Comparison, SliceChange
from leap_explorer.insights.change import Change

#: Slices that a sentence names.
_NAMED = 3


def sentences(comparison: Comparison) -> list[str]:
    """Who is better, what is fixed and broken, loss and calibration, where it is better, and where it is worse."""
    found = [
        _who(comparison),
        _outcomes(comparison),
        _loss(comparison),
        _where(comparison, is_worse=False),
        _where(comparison, is_worse=True),
    ]
    return [f"{one}." for one in found if one]


def points(value: float) -> str:
    """A difference of shares, such as `+1.4 %`."""
    return f"{100 * value:+.1f} %"


def in_words(change: Change, is_share: bool) -> str:
    """Such as `-1.4 % (-3.1 to +0.4)`, or `-0.031 (-0.050 to -0.012)`."""
    scale, places, unit = (100.0, 1, " %") if is_share else (1.0, 3, "")
    value, low, high = (scale * one for one in (change.value, change.estimate.low, change.estimate.high))
    return f"{value:+.{places}f}{unit} ({low:+.{places}f} to {high:+.{places}f})"


def p_in_words(p: float) -> str:
    """Such as `p = 0.06`, `p < 0.0001`."""
    return "p < 0.0001" if p < 0.0001 else f"p = {p:.2g}"


def _names(comparison: Comparison) -> tuple[str, str]:
    """What the runs are called; `base` and `new` where both are called the same."""
    base, new = comparison.runs.base.name, comparison.runs.new.name
    return (base, new) if base != new else ("base", "new")


def _who(comparison: Comparison) -> str:
    base, new = _names(comparison)
    pairs = comparison.runs.pairs
    n = len(pairs.rows[1])
    of = f"the {n:,} held-out samples of both" if pairs.is_paired else f"its {n:,} held-out samples (other ones)"
    if comparison.error is None:
        return f"{new} has a mean loss of {comparison.loss.new:.3f} on {of}, {base} of {comparison.loss.base:.3f}"
    error = comparison.error
    test = "McNemar's " if pairs.is_paired else ""
    return (
        f"{new} is wrong on {100 * error.new:.1f} % of {of}, {base} on {100 * error.base:.1f} %: "
        f"{in_words(error, True)}, {test}{p_in_words(error.p)}"
    )


def _outcomes(comparison: Comparison) -> str:
    found = comparison.outcomes
    if found is None:
        return ""
    base, new = _names(comparison)
    return (
        f"{new} fixes {len(found.fixed):,} errors of {base} and breaks {len(found.broken):,} others; "
        f"{len(found.still_wrong):,} are wrong in both"
    )


def _loss(comparison: Comparison) -> str:
    parts = [f"The mean loss changes by {in_words(comparison.loss, False)}"]
    if comparison.calibration:
        base, new, change = comparison.calibration
        shown = f"{points(change.value)} ({100 * change.low:+.1f} to {100 * change.high:+.1f})"
        parts.append(f"the calibration error by {shown} from {100 * base:.1f} to {100 * new:.1f} %")
    if comparison.confidence:
        parts.append(f"the mean confidence by {in_words(comparison.confidence, True)}")
    return ", ".join(parts)


def _where(comparison: Comparison, is_worse: bool) -> str:
    """The slices that changed surely, and the words of what is fixed or broken."""
    sure = comparison.sure(is_worse)
    direction = "worse" if is_worse else "better"
    looked = f"{len(comparison.slices):,} slices"
    if sure:
        text = f"It is surely {direction} in {len(sure)} of {looked}: {_listed(comparison, sure)}"
    else:
        of = [one for one in comparison.slices if (one.change.value > 0) == is_worse and one.change.value]
        most = f"; the nearest to it is {_listed(comparison, of[:1])}" if of else ""
        text = f"In none of {looked} is it surely {direction}{most}"
    kind = "broken" if is_worse else "fixed"
    terms = [f"“{one.term}”" for one in comparison.words.get(kind, ())]
    return f"{text}; words of what is {kind}: {', '.join(terms)}" if terms else text


def _listed(comparison: Comparison, slices: Sequence[SliceChange]) -> str:
    is_share = comparison.metric == "error"
    what = "error rate" if is_share else "mean loss"
    named = [
        f"{one.slice.name} ({what} {in_words(one.change, is_share)}, {len(one.slice.rows[1]):,} samples, "
        f"{p_in_words(one.p)} corrected)"
        for one in slices[:_NAMED]
    ]
    more = len(slices) - _NAMED
    return "; ".join([*named, f"and {more} more"] if more > 0 else named)
