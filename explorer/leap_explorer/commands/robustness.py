"""What `evaluate --simulate` prints of how a model stands when samples change."""

from collections.abc import Sequence

from rich.markup import escape

from leap_explorer.commands.runs import console
from leap_explorer.commands.terminal import Column, print_table, printable
from leap_explorer.comparison.robustness import Robustness, robustness
from leap_explorer.comparison.sentences import in_words, p_in_words
from leap_explorer.runs.run import Run

#: Titles of the columns of `robustness_rows`.
TITLES = ("change", "samples", "accuracy", "error rate", "p", "loss", "flips")


def print_robustness(run: Run) -> None:
    """A row for each change: accuracy, what changed beside the originals, and where it suffers most."""
    found = robustness(run)
    columns = [Column(title, "name" if place == 0 else "number") for place, title in enumerate(TITLES)]
    print_table(console, columns, robustness_rows(found), "What the changes do; error rate and loss against as written")
    for one in found:
        if line := hardest_hit(one):
            console.print(escape(printable(line)), highlight=False, soft_wrap=True)


def robustness_rows(found: Sequence[Robustness]) -> list[tuple[str, ...]]:
    """Cells of a table, a row for each change; differences are of the same samples (McNemar, paired t)."""
    return [
        (
            one.change,
            f"{one.n:,}",
            one.accuracy.text(percent=True) if one.accuracy else "",
            *_paired(one),
            "" if one.flips is None else f"{one.flips:,}",
        )
        for one in found
    ]


def hardest_hit(one: Robustness) -> str:
    """The slice in which the change surely costs most; empty where there is none."""
    sure = one.comparison.sure(is_worse=True) if one.comparison else []
    if not sure or one.comparison is None:
        return ""
    worst = max(sure, key=lambda slice_: slice_.change.value)
    size = in_words(worst.change, one.comparison.metric == "error")
    return f"{one.change} costs most where {worst.slice.name}: {size}, {len(worst.slice.rows[0]):,} samples."


def _paired(one: Robustness) -> tuple[str, str, str]:
    found = one.comparison
    if found is None:
        return "", "", ""
    error = (in_words(found.error, True), p_in_words(found.error.p)) if found.error else ("", "")
    return *error, in_words(found.loss, False)
