"""What sets some samples apart from the rest: scores, metadata, words, and the profile of their cluster."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from dash import html
from dash.development.base_component import Component

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.context import CORRECTNESS, Context, RunData
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.state import State
from leap_explorer.insights.distinctive_words import distinguishing_words
from leap_explorer.insights.distinguishing import distinguishing_metadata
from leap_explorer.insights.filters import Condition, Filter
from leap_explorer.insights.rows import Mask
from leap_explorer.runs.summary import accuracy, mean_loss

#: Texts of each side that words are counted in, so that the page stays quick.
MOST_TEXTS = 400
_MOST_DIFFERENCES = 8

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
    "Words that stand in a larger share of the selected texts than of the rest, by 3 standard errors or more; the "
    "surest first."
)
CLUSTERS_HELP = (
    "Groups of samples that lie near each other in the latent space (k-means), named by their most telling words. "
    "Wrong: share of labelled samples that the model gets wrong."
)


def selection_cards(context: Context, state: State) -> list[Component]:
    """What sets the selected samples of the active run apart from the rest."""
    data = context.active(state)
    mask = context.highlighted(state)
    note = theme.n_of(int(mask.sum()), data.n)
    if not mask.any():
        text = "Take back a filter, or draw another area."
        return [ui.card("Selected samples", ui.empty_state("No sample is selected", text), note=note)]
    if mask.all():
        hint = "Draw around dots, filter, or search: what is selected is then compared with the rest."
        everything = ui.card("All samples", _comparison(data, mask), html.P(hint, className="faint small"), note=note)
        return [everything, *_clusters(data, state)]
    return [
        ui.card("Selected samples and the rest", _comparison(data, mask), note=note),
        ui.card("Metadata that differ most", _differences(data, mask, state.filter)),
        *_words(context, data, mask),
        *_clusters(data, state),
    ]


def _comparison(data: RunData, mask: Mask) -> Component:
    sides = [data.frame[mask]] if mask.all() else [data.frame[mask], data.frame[~mask]]
    header = ["", "All"] if len(sides) == 1 else ["", "Selected", "The rest"]
    rows: list[list[Any]] = [["Samples", *(f"{len(side):,}" for side in sides)]]
    if CORRECTNESS in data.frame:
        name = html.Span(["Accuracy", ui.help_tip(ACCURACY_HELP)])
        rows.append([name, *(ui.estimate(accuracy(side), is_share=True) for side in sides)])
    name = html.Span(["Mean loss", ui.help_tip(LOSS_HELP)])
    rows.append([name, *(ui.estimate(mean_loss(side)) for side in sides)])
    if not data.is_evaluated.all():
        rows.append(["Failed", *(f"{int(side['error'].notna().sum()):,}" for side in sides)])
    return ui.table(header, rows, numeric=range(1, len(header)))


def _differences(data: RunData, mask: Mask, conditions: Filter) -> Component:
    known = data.is_evaluated
    asked = {one.column for one in conditions}
    rows = distinguishing_metadata(
        data.frame, mask & known, ~mask & known, data.columns, asked, limit=_MOST_DIFFERENCES
    )
    if not rows:
        text = "No metadata differs by more than chance would explain."
        return html.P(text, className="faint")
    tip = ui.help_tip(_DIFFERENCE_HELP, is_left=True)
    return ui.table(
        ["", "Selected", "The rest", html.Span(["Difference", tip])],
        [
            [
                data.title(row["column"]) + (f": {row['value']}" if row["value"] is not None else ""),
                _mean_or_share(data, row, "inside"),
                _mean_or_share(data, row, "outside"),
                _effect(row["effect"]),
            ]
            for row in rows
        ],
        numeric=(1, 2, 3),
    )


def _mean_or_share(data: RunData, row: dict[str, Any], side: str) -> str:
    is_share = row["value"] is not None or data.kind(row["column"]) == "category"
    return theme.percent(row[side]) if is_share else theme.number(row[side])


def _effect(effect: dict[str, float]) -> Component:
    interval = f"({effect['low']:.2f} to {effect['high']:.2f})"
    return html.Span([html.Div(f"{effect['value']:+.2f}"), html.Div(interval, className="faint small")])


def _words(context: Context, data: RunData, mask: Mask) -> list[Component]:
    if context.reader is None:
        return []
    inside, outside = (_texts(context, data, side) for side in (mask, ~mask))
    found = distinguishing_words(inside, outside)
    note = f"{len(inside):,} of {int(mask.sum()):,} texts against {len(outside):,} of {int((~mask).sum()):,}"
    title = html.Span(["Words of the selected", ui.help_tip(_WORDS_HELP)])
    if not found:
        return [ui.card(title, html.P("No word stands out.", className="faint"), note=note)]
    rows = [[one.word, theme.percent(one.inside, 0), theme.percent(one.outside, 0)] for one in found]
    return [ui.card(title, ui.table(["Word", "Selected", "The rest"], rows, numeric=(1, 2)), note=note)]


def _texts(context: Context, data: RunData, mask: Mask) -> list[str]:
    """Texts of at most `MOST_TEXTS` of the samples, drawn evenly over the run."""
    rows = np.flatnonzero(mask)
    drawn = rows[np.linspace(0, len(rows) - 1, min(len(rows), MOST_TEXTS)).astype(int)] if len(rows) else rows
    texts = (context.text(str(sample_id)) for sample_id in data.frame["id"].iloc[drawn])
    return [text for text in texts if text]


def _clusters(data: RunData, state: State) -> list[Component]:
    """The profile of the cluster that the filter chooses; a list of all of them where it chooses none."""
    chosen = [one.value for one in state.filter if one.column == "cluster" and one.operator == "=="]
    if chosen:
        return [_cluster_card(data, profile) for profile in data.run.clusters if profile["cluster"] == chosen[0]]
    if not data.run.clusters:
        return []
    rows = [
        [
            ui.link(data.cluster_name(number), filter=(*state.filter, Condition("cluster", "==", number))),
            f"{profile['size']:,}",
            theme.percent((profile.get("error_rate") or {}).get("value")),
        ]
        for profile in data.run.clusters
        for number in [int(profile["cluster"])]
    ]
    title = html.Span(["Clusters", ui.help_tip(CLUSTERS_HELP)])
    return [ui.card(title, ui.table(["Cluster", "Samples", "Wrong"], rows, numeric=(1, 2)))]


def _cluster_card(data: RunData, profile: Mapping[str, Any]) -> Component:
    terms = ", ".join(term["term"] for term in profile.get("terms") or [])
    error, purity = profile.get("error_rate") or {}, profile.get("purity") or {}
    limits = f"({theme.percent(error.get('low'))} to {theme.percent(error.get('high'))})"
    differences = [difference_words(data, row) for row in (profile.get("distinguishing") or [])[:_MOST_DIFFERENCES]]
    facts = {
        "Samples": f"{profile['size']:,} ({theme.percent(profile['share'])})",
        "Wrong": f"{theme.percent(error['value'])} {limits}" if error else theme.NOTHING,
        "Most frequent label": f"{purity['label']} ({theme.percent(purity['value'])})" if purity else theme.NOTHING,
        "Telling words": terms or theme.NOTHING,
        "Differs in": ", ".join(differences) or theme.NOTHING,
    }
    return ui.card(f"Cluster {data.cluster_name(int(profile['cluster']))}", ui.facts_list(facts))


def difference_words(data: RunData, row: Mapping[str, Any]) -> str:
    """How a cluster differs in a metadata column: `more polarity (+0.90)`, in standard deviations."""
    name = data.title(row["column"]) + (f" {row['value']}" if row.get("value") is not None else "")
    return f"{'more' if row['effect'] > 0 else 'less'} {name} ({row['effect']:+.2f})"
