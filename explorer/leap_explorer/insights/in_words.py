"""Evidence that several kinds of insight share, in words."""

from collections.abc import Iterator, Mapping
from typing import Any

from leap_explorer.insights.insight import Insight
from leap_explorer.insights.kind import Sentence
from leap_explorer.insights.wording import decimals, share

#: Of an insight's evidence: what else the very same samples have in common.
SAME_SAMPLES = "same_samples"
_NAMED = 5

#: Cohen's bounds of a difference in standard deviations.
_SIZES = ((0.2, "hardly any"), (0.5, "small"), (0.8, "medium"))


def loss_sentence(insight: Insight, sides: tuple[str, str]) -> Iterator[Sentence]:
    """Both mean losses and their difference."""
    inside, outside, difference = (insight.evidence.get(name) for name in ("loss_inside", "loss_outside", "difference"))
    if inside is None or outside is None or not difference:
        return
    text = f"The mean is {decimals(inside)} for {sides[0]} and {decimals(outside)} for {sides[1]}"
    if difference.get("low") is None:
        yield "Loss", f"{text}; there are too few to say how certain the difference is."
        return
    sign = "higher" if difference["value"] > 0 else "lower"
    bounds = f"{_signed(difference['low'])} to {_signed(difference['high'])}"
    yield "Loss", f"{text}: {decimals(abs(difference['value']))} {sign} (95 % interval of the difference {bounds})."


def error_sentence(insight: Insight, sides: tuple[str, str]) -> Iterator[Sentence]:
    """The error rates of both sides."""
    found = [insight.evidence.get(key) for key in ("errors_inside", "errors_outside")]
    parts = [f"{_rate(rate)} of {name}" for name, rate in zip(sides, found, strict=True) if rate]
    if parts:
        yield "Wrong predictions", "; ".join(parts) + "."


def chance_sentence(insight: Insight) -> Iterator[Sentence]:
    """How likely so large a result is where nothing is behind it."""
    p = insight.evidence.get("p_corrected", insight.evidence.get("p_value"))
    if p is None:
        return
    comparisons = int(insight.evidence.get("comparisons") or 1)
    corrected = f", already corrected for the {comparisons:,} comparisons made" if comparisons > 1 else ""
    yield "Chance of this by luck", f"{chance_in_words(p)}{corrected}."


def cost_sentence(insight: Insight) -> Iterator[Sentence]:
    """What the samples cost, and could save."""
    if cost := insight.evidence.get("excess_loss_share"):
        low_and_high = severity_interval_in_words(insight)
        interval = f" (95 % interval {low_and_high})" if low_and_high else ""
        text = f"{share(cost, 1)} of the held-out loss{interval} would vanish were these samples as good as average."
        yield "What it costs", text


def same_samples_sentence(insight: Insight) -> Iterator[Sentence]:
    """What else the very same samples have in common."""
    if others := insight.evidence.get(SAME_SAMPLES):
        more = f"; and {len(others) - _NAMED:,} more" if len(others) > _NAMED else ""
        yield "The same samples", f"{'; '.join(others[:_NAMED])}{more}."


def severity_interval_in_words(insight: Insight) -> str:
    """`16.2 to 25.0 %`; empty where the severity is counted, or of a run that holds no intervals."""
    ends = insight.severity_interval
    return percents({"low": ends[0], "high": ends[1]}) if ends and ends[0] < ends[1] else ""


def effect_in_words(effect: Mapping[str, float]) -> str:
    """`medium: 0.55 standard deviations higher (0.31 to 0.79)`."""
    size = next((name for bound, name in _SIZES if abs(effect["value"]) < bound), "large")
    direction = "higher" if effect["value"] > 0 else "lower"
    low, high = sorted((abs(effect["low"]), abs(effect["high"])))
    return f"{size}: {abs(effect['value']):.2f} standard deviations {direction} ({low:.2f} to {high:.2f})"


def chance_in_words(p: float) -> str:
    """A p-value in per cent, such as `2.0 %` or `under 0.01 %`."""
    if p < 0.0001:
        return "under 0.01 %"
    return f"{100 * p:.{2 if p < 0.001 else 1}f} %"


def percents(interval: Mapping[str, Any]) -> str:
    """The `low` and `high` of a share, such as `90.6 to 92.7 %`."""
    return f"{100 * interval['low']:.1f} to {100 * interval['high']:.1f} %"


def _rate(rate: Mapping[str, Any]) -> str:
    return f"{share(rate['share'], 1)} ({rate['errors']:,} of {rate['n']:,}; 95 % interval {percents(rate)})"


def _signed(value: float) -> str:
    return f"{'+' if value > 0 else ''}{decimals(value)}"
