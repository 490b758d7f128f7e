"""One evaluation, from its plan to the folder that it grows in."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from leap_explorer.contract.door import Door
from leap_explorer.evaluation.cluster.connect import Cluster
from leap_explorer.evaluation.plan import Options, Plan
from leap_explorer.evaluation.steps import Facts
from leap_explorer.population.places import Report
from leap_explorer.runs.schema import RunSchema


@dataclass(frozen=True)
class Job:
    """One evaluation, from the plan to the folder it grows in."""

    door: Door
    facts: Facts
    schema: RunSchema
    plan: Plan
    options: Options
    work: Path
    report: Report
    say: Callable[[str], None]
    cluster: Cluster | None  #: by default processes of this machine score the samples

    def parts(self) -> list[Path]:
        """A file for each chunk of the plan."""
        return [self.work / f"part-{number:05}.parquet" for number in range(len(self.plan.chunks()))]
