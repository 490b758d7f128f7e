"""What sets some samples apart from a matched rest: scores, metadata, words; and the profile of their cluster."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from dash import html
from dash.development.base_component import Component

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.parts.error_words import error_word_cards
from leap_explorer.dashboard.parts.excerpt import excerpt, marked
from leap_explorer.dashboard.parts.thumbnail import thumbnail
from leap_explorer.dashboard.parts.word_odds import word_table
from leap_explorer.dashboard.run_data import CORRECTNESS, RunData
from leap_explorer.dashboard.scope import scope_links, scope_phrase, scope_rows
from leap_explorer.dashboard.state import State, run_of, with_condition
from leap_explorer.insights.distinctive_words import distinguishing_words
from leap_explorer.insights.distinguishing import defined_by, distinguishing_metadata
from leap_explorer.insights.filters import Condition
from leap_explorer.insights.matching import matched_rest
from leap_explorer.insights.rows import Mask
from leap_explorer.population.latent import most_typical
from leap_explorer.runs.summary import accuracy, mean_loss

#: Texts of each side that words are counted in, so that the page stays quick.
MOST_TEXTS = 400
_MOST_DIFFERENCES = 8
_MOST_TYPICAL = 5
_EXCERPT = 90

ACCURACY_HELP = (
    "Share of labelled samples that the model gets right, 0 to 100 %; higher is better. In brackets the 95 % Wilson "
    "interval."
)
LOSS_HELP = "Mean of the samples' loss; lower is better. In brackets its 95 % interval."
_DIFFERENCE_HELP = (
    "The difference of the means in standard deviations (Cohen's d), with its 95 % interval: 0 is no difference, 0.2 "
    "small, 0.8 large; above 0 the selected samples have more. Listed are those whose interval leaves out 0, the "
    "largest first."
)
_WORDS_HELP = (
    "Words that stand in a larger share of the selected texts than of the matched rest, by 3 standard errors or more; "
    "the surest first."
)
_MATCH_HELP = (
    "Samples that are not selected, drawn so that each subset and each label has the same share as among the selected: "
    "else all that goes with a label would seem to set them apart. Where the selection is a whole subset or label, "
    "that one cannot be matched."
)
CLUSTERS_HELP = (
    "Groups of samples that lie near each other in the latent space (k-means), named by their characteristic words. "
    "Wrong: share of them that the model gets wrong, of the held-out ones unless others are asked for."
)
_TYPICAL_HELP = "Those that lie nearest to the mean of the cluster's samples in the latent space, the nearest first."


@dataclass(frozen=True)
class Comparison:
    """Selected samples that count, a rest to compare them with, and what is not compared."""

    selected: Mask
    rest: Mask
    by: tuple[str, ...]  #: columns in which both have the same mix
    n_others: int  #: samples that the rest is drawn from
    without: frozenset[str]  #: columns that the filter decides


def comparison(data: RunData, highlighted: Mask, state: State) -> Comparison:
    """What the page compares, of the samples that count."""
    counted = scope_rows(data, state) & data.is_evaluated
    others = counted & ~highlighted
    match = matched_rest(data.frame, counted & highlighted, others)
    without = _defined_by(data, frozenset(one.column for one in state.filter if not run_of(one)))
    return Comparison(match.selected, match.rest, match.by, int(others.sum()), without)


@lru_cache(maxsize=32)
def _defined_by(data: RunData, asked: frozenset[str]) -> frozenset[str]:
    return frozenset(defined_by(data.frame, data.columns, asked))


def selection_cards(context: Context, state: State) -> list[Component]:
    """What sets the selected samples of the active run apart from a matched rest."""
    data = context.active(state)
    mask = context.highlighted(state)
    counted = scope_rows(data, state)
    note = theme.n_of(int((mask & counted).sum()), int(counted.sum()), scope_phrase(data, state))
    if not mask.any():
        return [ui.card("Selected samples", ui.no_match())]
    if mask.all():
        hint = "Draw around dots, filter, or search: what is selected is then compared with a matched rest."
        hint_line = html.P(hint, className="faint small")
        card = ui.card("All samples", scope_links(data, state), _scores(data, [("All", counted)]), hint_line, note=note)
        return [card, *_clusters(context, data, state, mask)]
    found = comparison(data, mask, state)
    if not found.selected.any():
        text = f"None of the {int(mask.sum()):,} selected is one of the {scope_phrase(data, state)}."
        empty = ui.empty_state("Nothing to compare", f"{text} Count others above.")
        card = ui.card("Selected samples", scope_links(data, state), empty, note=note)
        return [card, *_clusters(context, data, state, mask)]
    return [
        _compared(data, found, int((mask & counted).sum()), state, note),
        _differences(data, found),
        *_words(context, data, found, state),
        *error_word_cards(context, data, mask & counted, state),
        *_clusters(context, data, state, mask),
    ]


def _compared(data: RunData, found: Comparison, n_selected: int, state: State, note: str) -> Component:
    sides = [("Selected", found.selected), ("Matched rest" if found.by else "The rest", found.rest)]
    return ui.card(
        html.Span(["Selected and a matched rest" if found.by else "Selected and the rest", ui.help_tip(_MATCH_HELP)]),
        scope_links(data, state),
        _scores(data, sides, found.without),
        html.P(match_in_words(data, found, n_selected), className="faint small", id="selection-match"),
        note=note,
        class_name="stack tight",
    )


def match_in_words(data: RunData, found: Comparison, n_selected: int) -> str:
    """What the selected are compared with, who of them is left out, and which columns the filter decides."""
    names = " and ".join(data.title(name) for name in found.by)
    rest, others = int(found.rest.sum()), found.n_others
    parts = [
        f"Compared with {rest:,} of {others:,} others, in the same mix of {names}."
        if found.by
        else f"Compared with all {others:,} others: none of the same subset or label is left to match."
    ]
    left_out = n_selected - int(found.selected.sum())
    if left_out:
        parts.append(f"{left_out:,} of the selected have no counterpart and are left out.")
    if found.without:
        parts.append(f"Not compared, as the filter sets them: {', '.join(sorted(map(data.title, found.without)))}.")
    return " ".join(parts)


def _scores(data: RunData, sides: list[tuple[str, Mask]], without: frozenset[str] = frozenset()) -> Component:
    """Samples, accuracy and loss of some samples each; what a filter decides is no score."""
    frames = [data.frame[mask] for _, mask in sides]
    rows: list[list[Any]] = [["Samples", *(f"{len(side):,}" for side in frames)]]
    if CORRECTNESS in data.frame and not {CORRECTNESS, "prediction"} & without:
        name = html.Span(["Accuracy", ui.help_tip(ACCURACY_HELP)])
        rows.append([name, *(ui.estimate(accuracy(side), is_share=True) for side in frames)])
    if "loss" not in without:
        name = html.Span(["Mean loss", ui.help_tip(LOSS_HELP)])
        rows.append([name, *(ui.estimate(mean_loss(side)) for side in frames)])
    if failed := [int(side["error"].notna().sum()) for side in frames if not data.is_evaluated.all()]:
        rows.append(["Failed", *(f"{count:,}" for count in failed)])
    return ui.table(["", *(title for title, _ in sides)], rows, numeric=range(1, len(sides) + 1))


def _differences(data: RunData, found: Comparison) -> Component:
    rows = distinguishing_metadata(
        data.frame, found.selected, found.rest, data.columns, found.without, limit=_MOST_DIFFERENCES
    )
    title = "Metadata that differ most"
    if not rows:
        return ui.card(title, html.P("No metadata differs by more than chance would explain.", className="faint"))
    tip = ui.help_tip(_DIFFERENCE_HELP, is_left=True)
    table = ui.table(
        ["", "Selected", "The rest", html.Span(["Difference", tip])],
        [
            [
                data.heading(row["column"]) + (f": {row['value']}" if row["value"] is not None else ""),
                mean_or_share(data, row, "inside"),
                mean_or_share(data, row, "outside"),
                _effect(row["effect"]),
            ]
            for row in rows
        ],
        numeric=(1, 2, 3),
        id="selection-differences",
    )
    return ui.card(title, table)


def mean_or_share(data: RunData, row: Mapping[str, Any], side: str) -> str:
    """The mean of one side of a distinguishing column, or the share of its value."""
    is_share = row.get("value") is not None or data.kind(row["column"]) == "category"
    return theme.percent(row[side]) if is_share else theme.number(row[side])


def _effect(effect: dict[str, float]) -> Component:
    interval = f"({effect['low']:.2f} to {effect['high']:.2f})"
    return html.Span([html.Div(f"{effect['value']:+.2f}"), html.Div(interval, className="faint small")])


def _words(context: Context, data: RunData, found: Comparison, state: State) -> list[Component]:
    """Counted over all samples where the run keeps its words; else in some of the texts, if they are at hand."""
    if data.run.words is not None:
        table = word_table(data.run.words, found.selected, found.rest, ("Selected", "The rest"), state)
        return [ui.card("Words of the selected", table)]
    if context.reader is None:
        return []
    inside, outside = (_texts(context, data, side) for side in (found.selected, found.rest))
    words = distinguishing_words(inside, outside)
    note = f"{len(inside):,} of {int(found.selected.sum()):,} texts, {len(outside):,} of {int(found.rest.sum()):,}"
    title = html.Span(["Words of the selected", ui.help_tip(_WORDS_HELP)])
    if not words:
        return [ui.card(title, html.P("No word stands out.", className="faint"), note=note)]
    rows = [[one.word, theme.percent(one.inside, 0), theme.percent(one.outside, 0)] for one in words]
    return [ui.card(title, ui.table(["Word", "Selected", "The rest"], rows, numeric=(1, 2)), note=note)]


def _texts(context: Context, data: RunData, mask: Mask) -> list[str]:
    """Texts of at most `MOST_TEXTS` of the samples, drawn evenly over the run."""
    rows = np.flatnonzero(mask)
    drawn = rows[np.linspace(0, len(rows) - 1, min(len(rows), MOST_TEXTS)).astype(int)] if len(rows) else rows
    texts = (context.text(str(sample_id)) for sample_id in data.frame["id"].iloc[drawn])
    return [text for text in texts if text]


def _clusters(context: Context, data: RunData, state: State, mask: Mask) -> list[Component]:
    """The profile of the cluster that the filter chooses; where it chooses none, a list of those of the mask's samples.

    An entry of the list counts the samples that it opens: those of the cluster within the mask.
    """
    chosen = [one.value for one in state.filter if one.column == "cluster" and one.operator == "==" and not run_of(one)]
    if chosen:
        return [
            _cluster_card(context, data, profile) for profile in data.run.clusters if profile["cluster"] == chosen[0]
        ]
    if not data.run.clusters:
        return []
    counted = scope_rows(data, state)
    rows = [
        [
            ui.link(data.cluster_name(number), filter=with_condition(state.filter, Condition("cluster", "==", number))),
            f"{int(members.sum()):,}",
            theme.percent(_wrong(data, data.frame[members & counted])),
        ]
        for profile in data.run.clusters
        for number in [int(profile["cluster"])]
        for members in [mask & (data.numbers("cluster") == number)]
        if members.any()
    ]
    title = html.Span(["Clusters", ui.help_tip(CLUSTERS_HELP)])
    return [ui.card(title, ui.table(["Cluster", "Samples", "Wrong"], rows, numeric=(1, 2)))]


def cluster_errors(profile: Mapping[str, Any]) -> Mapping[str, Any]:
    """The error rate of a cluster's held-out samples, value, low and high; empty where there is none."""
    return (profile.get("held_out") or {}).get("error_rate") or {}


def _wrong(data: RunData, samples: pd.DataFrame) -> float | None:
    """Share of a classifier's labelled samples that it gets wrong, 0-1; None without any."""
    right = accuracy(samples) if data.labels else None
    return None if right is None else 1 - right.value


def _cluster_card(context: Context, data: RunData, profile: Mapping[str, Any]) -> Component:
    terms = ", ".join(term["term"] for term in profile.get("terms") or [])
    error, purity = cluster_errors(profile), profile.get("purity") or {}
    limits = f"({theme.percent(error.get('low'))} to {theme.percent(error.get('high'))})"
    differences = [difference_words(data, row) for row in (profile.get("distinguishing") or [])[:_MOST_DIFFERENCES]]
    facts = {
        "Samples": f"{profile['size']:,} ({theme.percent(profile['share'])})",
        "Wrong, held out": f"{theme.percent(error['value'])} {limits}" if error else theme.NOTHING,
        "Most frequent label": f"{purity['label']} ({theme.percent(purity['value'])})" if purity else theme.NOTHING,
        "Characteristic words": terms or theme.NOTHING,
        "Differs in": ", ".join(differences) or theme.NOTHING,
    }
    number = int(profile["cluster"])
    typical = most_typical(data.run.latent, data.numbers("cluster") == number, _MOST_TYPICAL)
    shown = html.Ul([html.Li(_typical(context, data, int(row))) for row in typical], className="typical")
    heading = html.H3(["Most typical samples", ui.help_tip(_TYPICAL_HELP, "Most typical")])
    return ui.card(f"Cluster {data.cluster_name(number)}", ui.facts_list(facts), heading, shown)


def _typical(context: Context, data: RunData, row: int) -> list[Component]:
    """A sample's picture, its link, and how its text begins."""
    sample_id = str(data.frame["id"].iloc[row])
    link = ui.link(sample_id, "link", view="sample", sample=data.keys[row])
    text = context.text(sample_id)
    words = [html.Div(marked(excerpt(text, _EXCERPT)), className="small")] if text else []
    return [*thumbnail(context, data, row), link, *words]


def difference_words(data: RunData, row: Mapping[str, Any]) -> str:
    """How a cluster differs in a metadata column: `more polarity (+0.90)`, in standard deviations."""
    name = data.title(row["column"]) + (f" {row['value']}" if row.get("value") is not None else "")
    return f"{'more' if row['effect'] > 0 else 'less'} {name} ({row['effect']:+.2f})"
