"""What the dashboard asks of the side that knows what samples look like."""

from collections.abc import Sequence
from typing import Literal, Protocol, runtime_checkable

from leap_explorer.runs.run import Run
from leap_explorer.samples.drawings import Drawing, HeatDrawings, Picture


@runtime_checkable
class SampleDrawer(Protocol):
    """Shows samples as their integration does."""

    def draws(self, run: Run) -> bool:
        """Whether anything is known of the run's integration."""

    def shows_pictures(self, run: Run) -> bool:
        """Whether there are small pictures of the run's samples."""

    def drawings(self, run: Run, subset: str, sample_id: str) -> tuple[Drawing, ...]:
        """What the integration's visualizers make of a sample. The first time may take seconds.

        Raises:
            ExplorerError: the integration is gone, has changed since the run, or cannot read the sample.
        """

    def heats(self, run: Run, subset: str, sample_id: str, target: int | Literal["loss"]) -> HeatDrawings:
        """What drove the run's model on a sample, on what the visualizers draw of it. May take seconds.

        Args:
            target: the number of a class or of an output's number, or the loss.

        Raises:
            ExplorerError: as `drawings` does, or the model cannot be asked so.
        """

    def thumbnail(self, run: Run, subset: str, sample_id: str) -> Picture | None:
        """A small picture of a sample; None where no visualizer shows one.

        Raises:
            ExplorerError: as `drawings` does.
        """

    def notes(self, run: Run) -> Sequence[str]:
        """What differs from the time of the run, in words; known once a sample was drawn."""
