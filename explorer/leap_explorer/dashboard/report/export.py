"""Write the report of some runs to a file."""

from collections.abc import Callable, Sequence
from pathlib import Path

from leap_explorer.dashboard.context import make_context
from leap_explorer.dashboard.report.document import document
from leap_explorer.dashboard.report.insight_pictures import insight_pictures
from leap_explorer.dashboard.report.notable_samples import notable_samples, read_sample
from leap_explorer.dashboard.report.sections import report, title_of
from leap_explorer.dashboard.report.static_html import to_html
from leap_explorer.dashboard.views.insights.status import insights_of, read_statuses
from leap_explorer.errors import ExplorerError
from leap_explorer.explain.reader import TextReader
from leap_explorer.insights.claims import Claim
from leap_explorer.runs.atomic import check_replaceable, written_whole
from leap_explorer.runs.run import Run
from leap_explorer.samples.drawer import SampleDrawer

Progress = Callable[[str, int, int], None]  #: what is done, how many of how many


def write_report(
    runs: Sequence[Run],
    reader: TextReader | SampleDrawer | None,
    state_folder: Path,
    target: Path,
    progress: Progress,
    claims: Sequence[Claim] = (),
) -> int:
    """Write one HTML file, over an earlier one; its size in bytes.

    Args:
        reader: None where the samples' texts and the models are out of reach; the report then lists ids.
        state_folder: where the dashboard keeps what the user thinks of the insights.
        claims: what the report tests.

    Raises:
        ExplorerError: there is no run, a run or a file of the state folder is broken, or the report cannot be written.
    """
    check_target(target)
    progress("Reading the runs", 0, 1)
    context = make_context(runs, reader, state_folder, claims)
    statuses = {name: read_statuses(state_folder, data.run) for name, data in context.data.items()}
    samples = notable_samples(context)
    readings = []
    for done, sample in enumerate(samples):
        progress("Asking the models about the samples to read", done, len(samples))
        readings.append(read_sample(context, sample))
    progress("Drawing the report", 0, 1)
    pictures = {name: insight_pictures(context, one, insights_of(one)) for name, one in context.data.items()}
    body = to_html(*(report(context, readings, statuses, pictures, is_dark) for is_dark in (False, True)))
    page = document(title_of(context), body).encode(errors="replace")  # half surrogates, which no file could hold
    with written_whole(target) as temporary:
        temporary.write_bytes(page)
    return len(page)


def check_target(target: Path) -> None:
    """Make sure, before minutes are spent, that a file may be written there.

    Raises:
        ExplorerError: it is a folder or a device, or the folder that it would lie in is missing.
    """
    check_replaceable(target)
    if not target.absolute().parent.is_dir():
        raise ExplorerError(f"There is no folder {target.absolute().parent}. Make it, or name a file elsewhere.")
