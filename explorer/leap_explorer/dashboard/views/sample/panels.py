"""What the sample page shows of each model: what it says of the sample, and its words coloured by what drives that."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.context import RunData
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.parts import word_heat as heat
from leap_explorer.dashboard.views.sample.reading import LOSS, Reading, prediction_of, probabilities_of, truth_of
from leap_explorer.explain.alignment import Span
from leap_explorer.explain.reader import Explanation
from leap_explorer.insights.filters import readable
from leap_explorer.insights.rows import TRAINING

_STRONGEST = 5
_MOST_BARS = 10
_MEASURES = {"comprehensiveness": "higher", "sufficiency": "lower"}

_SCORE_HELP = (
    "A word's score is its share in what is explained: the model's raw output (logit) for a label, or the loss. Above "
    "0 the word raises it, below 0 it lowers it, 0 is no influence; there is no fixed range. The strongest word of "
    "this text has the strongest colour, so that colours of two models or two texts cannot be compared."
)
_FAITHFULNESS_HELP = (
    "Does the prediction hang on the words that the map marks? Comprehensiveness: how far the probability of the "
    "predicted class falls when the top words go, -1 to 1, higher is better. Sufficiency: how far it falls when only "
    "they stay, -1 to 1, lower is better. Means over shares of the words, with 95 % bootstrap intervals; a random "
    "ranking of the same words stands beside. Not to be compared between models."
)
_PROBABILITY_HELP = "The model's probability of each label, 0 to 1; together they are 1."


def facts(data: RunData, key: str) -> list[Component]:
    """What the run says of a sample."""
    row = data.rows.get(key)
    if row is None:
        return [html.P("This run does not hold the sample.", className="faint")] if key else []
    if not data.is_evaluated[row]:
        reason = str(data.frame["error"].iloc[row])
        return [html.P(f"The sample could not be evaluated: {reason}", className="bad")]
    said, truth = prediction_of(data, key), truth_of(data, key)
    is_right = None if said is None or truth is None or not data.labels else said == truth
    verdict = None if is_right is None else html.Span("right" if is_right else "wrong", className=_verdict(is_right))
    stats = [
        ui.stat("Prediction", said or theme.NOTHING, verdict),
        ui.stat("Ground truth", truth or theme.NOTHING, None if truth else "not labelled"),
    ]
    if "loss" in data.columns:
        label = html.Span(["Loss", ui.column_tip(data, "loss")])
        has_learned = data.frame["subset"].iloc[row] == TRAINING
        stats.append(ui.stat(label, ui.value_text(data, "loss", row), "learned from it" if has_learned else "held out"))
    found = probabilities_of(data, key)
    parts: list[Component] = [html.Div(stats, className="stats")]
    shown = most_probable(found, _MOST_BARS, truth)
    rest = [html.P(f"{len(found) - len(shown):,} more labels are not shown.", className="faint small")]
    return [*parts, bars(shown, truth), *(rest if len(shown) < len(found) else [])] if found else parts


def most_probable(probabilities: Mapping[str, float], most: int, truth: str | None) -> dict[str, float]:
    """So many labels at most, in their order: the most probable ones, and the true one."""
    ranked = sorted(probabilities, key=lambda label: (label != truth, -probabilities[label]))
    kept = set(ranked[:most])
    return {label: value for label, value in probabilities.items() if label in kept}


def bars(
    probabilities: Mapping[str, float], truth: str | None = None, before: Mapping[str, float] | None = None
) -> Component:
    """A bar for each label; with what it was `before` as a line on it and in words."""
    rows: list[Component] = []
    for label, value in probabilities.items():
        mark: list[Any] = [html.Span(label), html.Span("ground truth", className="tag") if label == truth else None]
        fill = html.Div(className="bar-fill", style={"width": f"{100 * value:.2f}%"})
        figure: list[Any] = [html.Strong(theme.percent(value))]
        line = None
        if before and label in before:
            line = html.Div(className="bar-before", style={"left": f"{100 * before[label]:.2f}%"})
            points = 100 * (value - before[label])
            figure.append(html.Span(f" was {theme.percent(before[label])} ({points:+.1f} points)", className="faint"))
        rows += [
            html.Div([one for one in mark if one is not None], className="bar-label"),
            html.Div([fill, line] if line else fill, className="bar"),
            html.Div(figure, className="bar-value"),
        ]
    name = html.Span(["Probabilities", ui.help_tip(_PROBABILITY_HELP, "Probabilities")], className="faint small")
    return html.Div([name, html.Div(rows, className="bars")])


def reading_parts(
    data: RunData, reading: Reading, found: Explanation, note: str | None, is_dark: bool
) -> list[Component]:
    """A model's fresh reading of a text: probabilities if it was edited, the coloured text, how that was made."""
    parts: list[Component] = []
    if reading.is_edited:
        before = probabilities_of(data, reading.key)
        compared = bars(found.probabilities, before=before)
        title = "Your text, beside the original (line)" if before else "Your text"
        parts.append(html.Div([html.H3(title), compared], className="sample-new", **ui.aria(live="polite")))
    if note:
        parts.append(html.P(note, className="sample-note", role="status"))
    if found.warning:
        refused = [html.P("No map is shown", className="state-title"), html.P(found.warning)]
        return [*parts, html.Div(refused, className="error-state", role="status"), plain_text(reading.text)]
    parts += [_legend(found, is_dark), _heat_map(reading.text, found, is_dark), _unread(found)]
    return [*parts, _strongest(reading.text, found), _method(found)]


def _heat_map(text: str, found: Explanation, is_dark: bool) -> Component:
    """The text, each word that the model read on the colour of its score."""
    scale = heat.largest(found.spans)
    words = [
        piece.text if piece.span is None else _word(piece.text, piece.span, found.target, scale, is_dark)
        for piece in heat.pieces(text, found.spans)
    ]
    return html.Div(words, className="sample-text", tabIndex="0", role="region", **ui.aria(label="Text, coloured"))


def _word(text: str, span: Span, target: str, scale: float, is_dark: bool) -> Component:
    if not span.is_read or span.score is None:
        return html.Span(text, className="word unread", title="not read by this model")
    ground = heat.color(span.score, scale, is_dark)
    style = {"backgroundColor": ground} if ground else {}
    return html.Span(text, className="word", title=f"{span.score:+.3f}: {effect(span.score, target)}", style=style)


def plain_text(text: str) -> Component:
    """The text as it was written."""
    shown = heat.with_line_breaks(text)
    return html.Div(shown, className="sample-text", tabIndex="0", role="region", **ui.aria(label="Text"))


def effect(score: float, target: str) -> str:
    """What a word does, such as `speaks for positive`."""
    if score == 0:
        return "no influence"
    if target == LOSS:
        return "raises the loss" if score > 0 else "lowers the loss"
    return f"speaks {'for' if score > 0 else 'against'} {target}"


def _verdict(is_right: bool) -> str:
    return "good" if is_right else "bad"


def _legend(found: Explanation, is_dark: bool) -> Component:
    scale = theme.number(heat.largest(found.spans))
    bar = html.Span(className="color-bar", style={"background": heat.gradient(is_dark)})
    below, above = (effect(sign, found.target).removeprefix("speaks ") for sign in (-1, 1))
    tip = ui.help_tip(_SCORE_HELP, "Scores", is_left=True)
    return html.Div([f"{below} -{scale}", bar, html.Span([f"+{scale} {above}", tip])], className="sample-legend small")


def _unread(found: Explanation) -> Component:
    count = sum(not span.is_read for span in found.spans)
    if not count:
        return html.P("The model read all of its words.", className="faint small")
    example = html.Span("marked like this", className="word unread")
    words = f"{count:,} of {len(found.spans):,} words and signs were not read by this model, "
    return html.P([words, example, "."], className="faint small")


def _strongest(text: str, found: Explanation) -> Component:
    sides = zip((1, -1), heat.strongest(text, found.spans, _STRONGEST), strict=True)
    rows = [
        (effect(sign, found.target).capitalize(), ", ".join(f"{word} {score:+.2f}" for word, score in words))
        for sign, words in sides
    ]
    return ui.facts_list({name: words or "no word" for name, words in rows})


def _method(found: Explanation) -> Component:
    settings = ", ".join(f"{readable(name)} {_setting(value)}" for name, value in found.settings.items())
    how = f"{found.method}{f' ({settings})' if settings else ''}."
    return html.Div(
        [
            html.P([html.Span("Method: ", className="faint"), how]),
            html.Div(_faithfulness(found.method, found.faithfulness)),
        ],
        className="sample-method small",
    )


def _setting(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    return theme.number(float(value)) if isinstance(value, int | float) else str(value)


def _faithfulness(method: str, measured: Mapping[str, Any] | None) -> list[Component]:
    """How far such maps can be trusted, beside a random ranking."""
    title = html.Span(["Faithfulness of such maps", ui.help_tip(_FAITHFULNESS_HELP, "Faithfulness")], className="faint")
    methods = (measured or {}).get("methods", {})
    if measured is None or method not in methods:
        return [html.P([title, ": not measured for this model and method, so take the colours with care."])]
    rows = [
        [name, *(_interval(methods[key][measure]) for measure in _MEASURES)]
        for name, key in (("this method", method), ("random words", "random"))
        if key in methods
    ]
    header = ["", *(html.Span([name, html.Div(f"{better} is better")]) for name, better in _MEASURES.items())]
    split = f" {measured['split']}" if measured.get("split") else ""
    note = f", measured on {measured['samples']:,}{split} samples"
    return [html.P([title, note]), ui.table(header, rows, numeric=(1, 2))]


def _interval(measure: Mapping[str, float | None]) -> Component:
    mean, low, high = (theme.number(measure[part]) for part in ("mean", "low", "high"))
    return html.Span([html.Div(mean), html.Div(f"({low} to {high})", className="faint")])


def labels_of(runs: Sequence[RunData]) -> list[str]:
    """The labels of all runs, each once."""
    return list(dict.fromkeys(label for data in runs for label in data.labels))
