"""What `evaluate --simulate` prints of how a model stands when samples change."""

from rich.markup import escape

from leap_explorer.commands.runs import console
from leap_explorer.commands.terminal import Column, print_table, printable
from leap_explorer.comparison.robustness import TITLES, hardest_hit, robustness, robustness_rows
from leap_explorer.runs.run import Run


def print_robustness(run: Run) -> None:
    """A row for each change: accuracy, what changed beside the originals, and where it suffers most."""
    found = robustness(run)
    columns = [Column(title, "name" if place == 0 else "number") for place, title in enumerate(TITLES)]
    print_table(console, columns, robustness_rows(found), "What the changes do; error rate and loss against as written")
    for one in found:
        if line := hardest_hit(one):
            console.print(escape(printable(line)), highlight=False, soft_wrap=True)
