"""What the sample page shows of each model's reading: the words coloured by what drives it, and how that was made."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.parts.heat_map import heat_map, legend, plain_text
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.search import Query
from leap_explorer.dashboard.views.sample.facts import bars
from leap_explorer.dashboard.views.sample.reading import Reading, probabilities_of
from leap_explorer.explain.alignment import WordScore, strongest_words
from leap_explorer.explain.reader import Explanation
from leap_explorer.explain.word_heat import oriented
from leap_explorer.insights.filters import readable
from leap_explorer.precision import alike

_STRONGEST = 5
_MEASURES = {"comprehensiveness": "higher", "sufficiency": "lower"}

_FAITHFULNESS_HELP = (
    "Does the prediction hang on the words that the map marks? Comprehensiveness: how far the probability of the "
    "predicted class falls when the top words go, -1 to 1, higher is better. Sufficiency: how far it falls when only "
    "they stay, -1 to 1, lower is better. Means over shares of the words, with 95 % bootstrap intervals; a random "
    "ranking of the same words stands beside. Not to be compared between models."
)


def reading_parts(
    data: RunData, reading: Reading, found: Explanation, note: str | None, is_dark: bool, query: Query | None = None
) -> list[Component]:
    """A model's fresh reading of a text: probabilities if it was edited, the coloured text, how that was made.

    Args:
        query: what was searched for, to be marked in the text.
    """
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
        return [*parts, html.Div(refused, className="error-state", role="status"), plain_text(reading.text, query)]
    parts += [legend(found, is_dark), heat_map(reading.text, found, is_dark, query), _unread(found)]
    method: Component = method_note(found.method, found.settings, found.faithfulness)
    if reading.is_edited:  # it says the same as that of the original
        method = html.Details([html.Summary(f"Method: {found.method}; how far to trust it"), method], className="small")
    return [*parts, _strongest(reading.text, found), method]


def _unread(found: Explanation) -> Component:
    count = sum(not span.is_read for span in found.spans)
    if not count:
        return html.P("The model read all of its words.", className="faint small")
    example = html.Span("marked like this", className="word unread")
    words = f"{count:,} of {len(found.spans):,} words and signs were not read by this model, "
    return html.P([words, example, "."], className="faint small")


def _strongest(text: str, found: Explanation) -> Component:
    direction, spans = oriented(found)
    above, below = strongest_words(text, spans, _STRONGEST)
    scores = alike([word.score for word in (*above, *below)], is_signed=True)
    sides = (direction.above, above, scores), (direction.below, below, scores[len(above) :])
    return ui.facts_list({side[:1].upper() + side[1:]: _listed(words, of_side) for side, words, of_side in sides})


def _listed(words: Sequence[WordScore], scores: Sequence[str]) -> str:
    """`good +1.20 (2 times), fine +0.40`."""
    named = (
        f"{word.word} {score}{f' ({word.count} times)' if word.count > 1 else ''}"
        for word, score in zip(words, scores, strict=False)
    )
    return ", ".join(named) or "no word"


def method_note(method: str, settings: Mapping[str, Any], measured: Mapping[str, Any] | None) -> Component:
    """How scores were made, and how far they can be trusted."""
    listed = ", ".join(f"{readable(name)} {_setting(value)}" for name, value in settings.items())
    how = f"{method}{f' ({listed})' if listed else ''}."
    return html.Div(
        [
            html.P([html.Span("Method: ", className="faint"), how]),
            html.Div(_faithfulness(method, measured)),
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
    kinds = [(name, key) for name, key in (("this method", method), ("random words", "random")) if key in methods]
    columns = [_intervals([methods[key][measure] for _, key in kinds]) for measure in _MEASURES]
    rows = [[name, *cells] for (name, _), *cells in zip(kinds, *columns, strict=True)]
    header = ["", *(html.Span([name, html.Div(f"{better} is better")]) for name, better in _MEASURES.items())]
    split = f" {measured['split']}" if measured.get("split") else ""
    note = f", measured on {measured['samples']:,}{split} samples"
    return [html.P([title, note]), ui.table(header, rows, numeric=(1, 2))]


def _intervals(measures: Sequence[Mapping[str, float | None]]) -> list[Component]:
    """Of one column: means above their intervals, all with the same decimals."""
    shown = alike([measure[part] for measure in measures for part in ("mean", "low", "high")])
    return [
        html.Span([html.Div(mean), html.Div(f"({low} to {high})", className="faint")])
        for mean, low, high in zip(shown[::3], shown[1::3], shown[2::3], strict=True)
    ]
