"""One evaluation, from its plan to the folder that it grows in."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from leap_explorer.contract.door import Door
from leap_explorer.evaluation.cluster.connect import Cluster
from leap_explorer.evaluation.plan import Options, Plan
from leap_explorer.evaluation.steps import Facts
from leap_explorer.population.places import Report
from leap_explorer.runs.schema import RunSchema

FEWEST_FOR_WORKERS = 1000  # opening the integration in another process costs as much as some hundred samples


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

    @contextmanager
    def doors(self, samples: int) -> Iterator[list[Door]]:
        """To the integration, as many as so many samples are read by; all but the first are closed at the end."""
        several = (os.cpu_count() or 1) if samples >= FEWEST_FOR_WORKERS else 1
        count = several if self.options.workers is None else max(1, self.options.workers)
        with ExitStack() as stack:
            yield [self.door, *(stack.enter_context(self.door.another()) for _ in range(count - 1))]
