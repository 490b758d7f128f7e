"""The doubtful labels as a list, the most suspicious first."""

from collections.abc import Mapping
from typing import Any

import dash_ag_grid as dag
import numpy as np
import pandas as pd
from dash import html
from dash.development.base_component import Component

from leap_explorer.dashboard import theme
from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.parts.excerpt import excerpt
from leap_explorer.dashboard.run_data import RunData
from leap_explorer.dashboard.state import State
from leap_explorer.dashboard.views.labels import review as review
from leap_explorer.insights.mislabeled import BORDERLINE, LIKELY, PRECISION

#: The two sets of doubts, of which one is listed.
KINDS = {LIKELY: "Likely mislabelled", BORDERLINE: "Borderline"}

CHANCE_HELP = (
    "The probability that the model gives to the label that the data have, 0 to 100 %, without having been trained on "
    "the sample; where several models judge it, their mean. Lower is more suspicious."
)
AGREE_HELP = "How many of the models that were not trained on the sample hold the other label for the most probable."
DOUBT_HELP = (
    "Likely mislabelled: the model is as sure of another label as it is on average of samples that carry that one "
    "(confident learning). Borderline: the two largest probabilities differ by less than 20 points."
)
BY, ALL, ALONE = "labels.by", "all", "alone"

_EXCERPT = 160

_PERCENT = {
    "type": "rightAligned",
    "valueFormatter": {"function": "labelChance(params.value)"},
}

Decisions = Mapping[str, Mapping[str, Any]]


def kind_of(state: State) -> str:
    """The set that is listed: the likely ones unless the address names the other."""
    kind = state.get("labels.kind", LIKELY)
    return kind if kind in KINDS else LIKELY


def is_alone(state: State) -> bool:
    """Whether only the active run's model judges: all of the open runs do unless the address says otherwise."""
    return state.get(BY, ALL) == ALONE


def listed(context: Context, state: State) -> pd.DataFrame:
    """The ranking, of the chosen set's samples that are selected."""
    found = review.ranking(context.active(state), is_alone(state))
    chosen = context.highlighted(state)[found["row"].to_numpy(dtype=np.intp)]
    return found[chosen & (found["kind"] == kind_of(state)).to_numpy()]


def current(shown: pd.DataFrame, state: State, decisions: Decisions) -> str | None:
    """The key of the sample that is reviewed: that of the address, else the first without a verdict, else the first."""
    if state.get("labels.at") in shown.index:
        return state.get("labels.at")
    return next((key for key in shown.index if key not in decisions), next(iter(shown.index), None))


def list_card(context: Context, state: State) -> Component:
    """The chosen set, with the verdicts so far."""
    data = context.active(state)
    shown = listed(context, state)
    decisions = review.read_decisions(context.state_folder, data)
    name, note = KINDS[kind_of(state)], theme.n_of(len(shown), data.n)
    if shown.empty:
        empty = ui.empty_state("No such label here", "Choose the other set or fewer filters.")
        return ui.card(name, empty, note=note)
    has_several = not is_alone(state) and review.has_several_judges(data)
    others = [other for other in context.data.values() if other is not data and set(data.labels) <= set(other.labels)]
    others = [] if has_several else others  # whom the mean holds already; each stands beside the text
    grid = _grid(
        _rows(context, others, shown, decisions),
        _column_definitions(
            data.labels,
            others,
            has_several,
            has_subsets=shown["subset"].nunique() > 1,
            has_texts=context.reader is not None,
        ),
        current(shown, state, decisions),
    )
    title = html.Span([name, ui.help_tip(f"{DOUBT_HELP} {CHANCE_HELP}", name)])
    precision = html.P(PRECISION, className="faint small")
    return ui.card(title, grid, *_left_out(data), precision, note=note, class_name="stack tight")


def probability(data: RunData, key: str, label: str) -> float | None:
    """What a run's model says of a sample, 0-1, if it was asked."""
    row = data.rows.get(key)
    value = data.numbers(f"probability_{label}")[row] if row is not None else np.nan
    return None if np.isnan(value) else float(value)


def _left_out(data: RunData) -> list[Component]:
    count = review.training_left_out(data)
    text = (
        f"{count:,} training samples are not judged, as the model was trained on their labels; evaluate with "
        "out-of-sample probabilities to judge them too."
    )
    return [html.P(text, className="faint small")] if count else []


def _grid(rows: list[dict[str, Any]], columns: list[dict[str, Any]], at: str | None) -> dag.AgGrid:
    return dag.AgGrid(
        id="labels-list",
        className="grid labels-grid",
        rowData=rows,
        columnDefs=columns,
        defaultColDef={
            "sortable": True,
            "resizable": True,
            "suppressHeaderMenuButton": True,
            "wrapHeaderText": True,
            "autoHeaderHeight": True,
        },
        getRowId="params.data.key",
        selectedRows={"ids": [at]},
        scrollTo={"rowId": at, "rowPosition": "middle"},
        columnSize="responsiveSizeToFit",
        dashGridOptions={
            "rowSelection": {"mode": "singleRow", "checkboxes": False, "enableClickSelection": True},
            "suppressCellFocus": True,
            "tabToNextHeader": {"function": "leaveTable()"},
            "rowHeight": 32,
            "headerHeight": 36,
            "tooltipShowDelay": 300,
        },
    )


def _column_definitions(
    labels: list[str], others: list[RunData], has_several: bool, has_subsets: bool, has_texts: bool
) -> list[dict[str, Any]]:
    """Of two labels the one that the model says is the other one, and needs no column."""

    def column(field: str, name: str, width: int, help_text: str = "", **more: Any) -> dict[str, Any]:
        tooltip = {"headerTooltip": help_text} if help_text else {}
        return {"field": field, "headerName": name, "minWidth": width, "width": width, **tooltip, **more}

    chances = [
        column(
            f"given_{index}",
            f"Chance, {other.name}",
            72,
            f"The probability that {other.name} gives to the data's label; it was trained on training samples.",
            **_PERCENT,
        )
        for index, other in enumerate(others)
    ]
    verdict: dict[str, Any] = {"valueFormatter": {"function": "labelVerdict(params.value)"}}
    return [
        column("rank", "#", 44, "Rank, 1 is the most suspicious.", type="rightAligned"),
        column("verdict", "Verdict", 86, **verdict),
        column("id", "Sample", 124),
        *([column("subset", "Subset", 84)] if has_subsets else []),
        column("given", "Label", 76, "The label as the data have it."),
        *([column("suggested", "Model says", 80, "The most probable other label.")] if len(labels) > 2 else []),
        column("quality", "Chance", 72, f"The label's chance. {CHANCE_HELP}", **_PERCENT),
        *([column("agree", "Agree", 60, AGREE_HELP)] if has_several else []),
        *chances,
        *([column("text", "Text", 120, tooltipField="text", flex=1)] if has_texts else []),
    ]


def _rows(context: Context, others: list[RunData], shown: pd.DataFrame, decisions: Decisions) -> list[dict[str, Any]]:
    order = {key: place for place, key in enumerate(decisions)}
    return [
        {
            "key": key,
            "rank": int(issue["rank"]),
            "verdict": decisions.get(key, {}).get("verdict", ""),
            "order": order.get(key),
            "id": str(issue["id"]),
            "subset": str(issue["subset"]),
            "given": str(issue["ground_truth"]),
            "suggested": str(issue["suggested"]),
            "quality": round(float(issue["quality"]), 4),
            "agree": f"{issue['agree']} of {issue['judges']}",
            "text": "".join(text for text, _ in excerpt(context.text(str(issue["id"])) or "", _EXCERPT)),
            **{f"given_{index}": probability(other, key, issue["ground_truth"]) for index, other in enumerate(others)},
        }
        for key, issue in zip(shown.index, shown.to_dict("records"), strict=True)
    ]
