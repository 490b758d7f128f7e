"""How far a heat-map can be trusted: does the prediction hang on the words that it marks?

Measures of DeYoung et al. 2020, "ERASER: A Benchmark to Evaluate Rationalized NLP Models", on the probability of the
class that the model predicts. They are always to be read beside a random ranking of the same words, and never compared
between two models.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from leap_explorer.explain.attribution import MAX_GAP, Attribution, Floats, Inputs, Positions, Predict, outputs_without

SHARES = (0.01, 0.05, 0.10, 0.20, 0.50)
RANDOM = "random"
RANDOM_DRAWS = 3
RESAMPLES = 2000
CONFIDENCE = 0.95
TIE = 0.01  #: methods whose merits differ by less are taken for equally good

Ranking = Sequence[Floats]  #: for each sample a score for each word, highest for what speaks most for the prediction
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Sample:
    """What a model reads, and which positions hold each word."""

    inputs: Inputs  #: [length] each
    groups: Sequence[Positions]


def top_words(scores: Floats, share: float) -> Mask:
    """[n_words], True at the `share` of the words with the highest scores: rounded, at least one; ties in order."""
    count = max(1, int(share * len(scores) + 0.5))
    is_top = np.zeros(len(scores), dtype=np.bool_)
    is_top[np.argsort(-scores, kind="stable")[:count]] = True
    return is_top


def removed_words(scores: Floats, shares: Sequence[float] = SHARES) -> Mask:
    """[2 * n_shares, n_words], what goes: first the top words of each share, then all others of each share."""
    tops = np.stack([top_words(scores, share) for share in shares])
    return np.concatenate([tops, ~tops])


def probabilities_without(
    predict: Predict, sample: Sample, removed: Mask, fill: Mapping[str, float], batch_size: int, from_logits: bool
) -> Floats:
    """[1 + n_rows], the probability of the predicted class for the sample as it is and without each row's words.

    Rows that are alike, as those of 1 % and 5 % in a short text, cost one model call.
    """
    distinct, row_of = np.unique(removed, axis=0, return_inverse=True)
    nothing = np.empty(0, dtype=np.intp)
    removals = [nothing, *(np.concatenate([nothing, *_chosen(sample.groups, row)]) for row in distinct)]
    probabilities = outputs_without(predict, sample.inputs, removals, fill, batch_size).astype(np.float64)
    if from_logits:
        probabilities = np.exp(probabilities - np.logaddexp.reduce(probabilities, axis=1, keepdims=True))
    of_predicted = probabilities[:, probabilities[0].argmax()]
    return np.concatenate([of_predicted[:1], of_predicted[1:][row_of.ravel()]])


def drops(
    predict: Predict,
    sample: Sample,
    scores: Sequence[Floats],
    fill: Mapping[str, float],
    shares: Sequence[float] = SHARES,
    batch_size: int = 16,
    from_logits: bool = True,
) -> Floats:
    """[n_scores, 2, n_shares], -1 to 1: the fall of the probability of the predicted class, for each list of scores.

    First without the top words (comprehensiveness), then with nothing but them (sufficiency).
    """
    removed = np.concatenate([removed_words(of_method, shares) for of_method in scores])
    probabilities = probabilities_without(predict, sample, removed, fill, batch_size, from_logits)
    return (probabilities[0] - probabilities[1:]).reshape(len(scores), 2, len(shares))


def measure(
    predict: Predict,
    samples: Sequence[Sample],
    rankings: Mapping[str, Ranking],
    fill: Mapping[str, float],
    shares: Sequence[float] = SHARES,
    from_logits: bool = True,
    seed: int = 0,
    batch_size: int = 16,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Comprehensiveness and sufficiency of each ranking, and of random ones, as a dict that fits into JSON.

    Both are mean drops of the probability of the predicted class over `shares` ("AOPC") and over the samples, from -1
    to 1. Comprehensiveness, when the top words go: higher is better. Sufficiency, when only they stay: lower is better.
    Intervals are 95 % bootstrap intervals over samples. `times_random` is the ratio of a method's mean to the random
    ranking's, with its interval from the same resamples.

    Args:
        predict: a batch of inputs -> outputs [batch, classes].
        rankings: by method, for each sample the words' scores for the predicted class.
        fill: what replaces a word's positions when it goes, by the input's name.
        report: called with how many samples are done, and of how many.
    """
    generator = np.random.default_rng(seed)
    used = [index for index, sample in enumerate(samples) if len(sample.groups)]
    table = np.empty((len(used), len(rankings) + 1, 2, len(shares)))
    for row, index in enumerate(used):
        n_words = len(samples[index].groups)
        draws = [generator.random(n_words) for _ in range(RANDOM_DRAWS)]
        scores = [*(np.asarray(ranking[index]) for ranking in rankings.values()), *draws]
        found = drops(predict, samples[index], scores, fill, shares, batch_size, from_logits)
        table[row, :-1], table[row, -1] = found[: len(rankings)], found[len(rankings) :].mean(axis=0)
        report(row + 1, len(used))
    return {
        "shares": list(shares),
        "samples": len(used),
        "fill": dict(fill),
        "value": "probability of the predicted class",
        "seed": seed,
        "methods": summarise(table, [*rankings, RANDOM], generator),
    }


def measure_methods(
    predict: Predict,
    samples: Sequence[Sample],
    methods: Iterable[str],
    explain: Callable[[str, int], Attribution],
    fill: Mapping[str, float],
    report: Callable[[str, int, int], None] = lambda what, done, total: None,
    **options: Any,
) -> dict[str, Any]:
    """`measure` of some methods, with what each costs and how exact it is.

    To each method come `seconds` a sample (`median` and `longest`) and `completeness_gap`: `median`, `largest` and how
    many samples had one `over` `MAX_GAP`, or None where a method's scores need not add up to anything. `default` is the
    name of the best, by `best_method`.

    Args:
        explain: a method's name and the sample's number -> the scores of its words for the predicted class.
        report: called with what is being done, how many samples are done, and of how many.
        options: of `measure`.
    """
    found: dict[str, list[Attribution]] = {name: [] for name in methods}
    for index in range(len(samples)):
        for name, of_method in found.items():
            if not of_method:
                explain(name, index)  # what is set up at a first call is no cost of the sample's
            of_method.append(explain(name, index))
        report("Explaining", index + 1, len(samples))
    rankings = {name: [one.scores for one in of_method] for name, of_method in found.items()}
    result = measure(
        predict, samples, rankings, fill, report=lambda done, total: report("Measuring", done, total), **options
    )
    for name, of_method in found.items():
        result["methods"][name] |= {"seconds": _seconds(of_method), "completeness_gap": _gaps(of_method)}
    return {"default": best_method(result["methods"]), **result}


def describe(measured: Mapping[str, Any] | None, method: str) -> str:
    """What was measured of a method, in a few sentences."""
    of_method = (measured or {}).get("methods", {}).get(method)
    if measured is None or of_method is None:
        return "How faithful the scores are was not measured for this model."
    of_random = measured["methods"][RANDOM]
    figures = {
        kind: (*(of_method[kind][name] for name in ("mean", "low", "high")), of_random[kind]["mean"])
        for kind in ("comprehensiveness", "sufficiency")
    }
    shares = ", ".join(f"{share:.0%}" for share in measured["shares"])
    text = (
        "Comprehensiveness {:.2f} (95 % interval {:.2f} to {:.2f}; a random ranking: {:.2f}; higher is better). "
        "Sufficiency {:.2f} ({:.2f} to {:.2f}; random: {:.2f}; lower is better). "
    ).format(*figures["comprehensiveness"], *figures["sufficiency"])
    return (
        f"{text}They are the mean fall of the {measured['value']} without the top {shares} of the "
        f"{measured.get('parts', 'words')} and with nothing but those, over {measured['samples']} samples."
    )


def best_method(measured: Mapping[str, Any]) -> str:
    """The method with the highest merit, comprehensiveness less sufficiency; the first of those that tie with it."""
    merits = {
        name: of_method["comprehensiveness"]["mean"] - of_method["sufficiency"]["mean"]
        for name, of_method in measured.items()
        if name != RANDOM
    }
    best = max(merits.values())
    return next(name for name, merit in merits.items() if merit > best - TIE)


def _seconds(found: Sequence[Attribution]) -> dict[str, float]:
    seconds = [one.seconds for one in found]
    return {"median": float(np.median(seconds)), "longest": max(seconds)}


def _gaps(found: Sequence[Attribution]) -> dict[str, float] | None:
    gaps = [one.completeness_gap for one in found if one.completeness_gap is not None]
    if not gaps:
        return None
    over = sum(not gap <= MAX_GAP for gap in gaps)  # NaN, too
    return {"median": float(np.median(gaps)), "largest": max(gaps), "over": over}


def summarise(table: Floats, names: Sequence[str], generator: np.random.Generator) -> dict[str, Any]:
    """Drops [samples, methods, 2, shares], the random ranking last -> means and intervals by method and measure."""
    count = len(table)
    if not count:
        return {}
    means = table.mean(axis=3)  # [samples, methods, 2]
    resamples = generator.integers(0, count, (RESAMPLES, count))
    resampled_shares = np.stack([table[rows].mean(axis=0) for rows in resamples])  # [resamples, methods, 2, shares]
    resampled = resampled_shares.mean(axis=3)
    return {
        name: {
            measure: {
                **_interval(means[:, method, kind].mean(), resampled[:, method, kind]),
                **_curve(table[:, method, kind], resampled_shares[:, method, kind]),
                "times_random": _interval(
                    _ratio(means[:, method, kind].mean(), means[:, -1, kind].mean()),
                    _ratio(resampled[:, method, kind], resampled[:, -1, kind]),
                ),
            }
            for kind, measure in enumerate(("comprehensiveness", "sufficiency"))
        }
        for method, name in enumerate(names)
    }


def _curve(values: Floats, resampled: Floats) -> dict[str, list[float]]:
    """Mean and interval at each share; `values` is [samples, shares], `resampled` [resamples, shares]."""
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(resampled, (tail, 1 - tail), axis=0)
    named = {"by_share": values.mean(axis=0), "by_share_low": low, "by_share_high": high}
    return {name: [float(value) for value in numbers] for name, numbers in named.items()}


def _interval(value: Any, resampled: Floats) -> dict[str, float | None]:
    """The value, and the middle `CONFIDENCE` of its resamples; None, as JSON has it, for what is not finite."""
    tail = (1 - CONFIDENCE) / 2
    finite = np.isfinite(value) and np.isfinite(resampled).all()
    low, high = np.quantile(resampled, (tail, 1 - tail)) if finite else (np.nan, np.nan)
    named = {"mean": value, "low": low, "high": high}
    return {name: float(number) if np.isfinite(number) else None for name, number in named.items()}


def _ratio(values: Any, of_random: Any) -> Any:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.divide(values, of_random)


def _chosen(groups: Sequence[Positions], is_chosen: Mask) -> list[Positions]:
    return [group for group, chosen in zip(groups, is_chosen, strict=True) if chosen]
