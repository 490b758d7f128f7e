"""The dashboard in a notebook: served by a thread of the notebook's own process, shown below the cell."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from dash import Dash, Input
from dash import State as PageState

from leap_explorer.dashboard.access import NOTEBOOKS, Access
from leap_explorer.dashboard.context import Context, make_context
from leap_explorer.dashboard.parts import components as ui
from leap_explorer.dashboard.server import PageServer
from leap_explorer.dashboard.state import State, from_params
from leap_explorer.explain.reader import TextReader
from leap_explorer.runs.run import Run, load_run
from leap_explorer.samples.drawer import SampleDrawer
from leap_explorer.samples.readers import reader_of

#: Where the dashboard keeps what the user thinks of insights and labels, seen from the working directory.
REVIEW = Path("runs") / "review"


class Exploration:
    """A dashboard that is being served. In a notebook it shows itself; elsewhere open its `url` in a browser."""

    def __init__(self, context: Context, port: int = 0, height: int = 900, frames: Sequence[str] = ()) -> None:
        """Serve; what `explore` is given."""
        self._context, self._height = context, height
        self._state = State()
        self._server = PageServer(context, Access(ancestors=(*NOTEBOOKS, *frames)), port)
        self._follow(self._server.app)
        self.url = self._server.address  #: only this machine reaches it
        self._thread = threading.Thread(target=self._server.run, name="dashboard", daemon=True)
        self._thread.start()

    @property
    def selection(self) -> list[str]:
        """Ids of the samples that the page's filter, search and drawn area choose now; empty while all are shown.

        Of several pages of one dashboard, the one that changed last counts.
        """
        state = self._state
        if not (state.filter or state.query.strip() or state.selection):
            return []
        ids = self._context.active(state).frame["id"]
        return [str(ids.iloc[row]) for row in np.flatnonzero(self._context.highlighted(state))]

    def close(self) -> None:
        """End the dashboard; the page stays as it is and answers no more. Closing again does nothing."""
        if self._thread.is_alive():
            self._server.close()
            self._thread.join()

    def __repr__(self) -> str:
        return f"The dashboard is at {self.url}" if self._thread.is_alive() else "The dashboard is closed."

    def _ipython_display_(self) -> None:
        from IPython.display import IFrame, display

        if self._thread.is_alive():
            display(IFrame(self.url, "100%", self._height))
        else:
            print(self)

    def _follow(self, app: Dash) -> None:
        """Note what the page shows whenever it chooses other samples."""

        @app.callback(
            Input(ui.watched("filter"), "data"),
            Input(ui.watched("selection"), "data"),
            PageState(ui.STATE, "data"),
        )
        def note(_filter: Any, _selection: Any, params: dict[str, str] | None) -> None:
            self._state = from_params(params)


def explore(
    run: Run | str | Path,
    *more: Run | str | Path,
    reader: TextReader | SampleDrawer | None = None,
    state_folder: str | Path = REVIEW,
    port: int = 0,
    height: int = 900,
    notebook: str | None = None,
) -> Exploration:
    """Serve the dashboard on a run, or on several side by side, until `close()` or the end of the program.

        shown = explore(run)  # as a cell's last line, `shown` or `explore(run)` shows the page
        shown.selection  # ids of the samples that are chosen in the page now

    Args:
        run: a run, or its folder.
        reader: knows the samples, and perhaps the models; by default the runs' own integrations, and the texts that
            runs of tables keep.
        state_folder: where decisions on insights and labels are kept.
        port: of 127.0.0.1; 0 takes any free one.
        height: of the page in a notebook, in CSS pixels.
        notebook: the origin of the notebook's page, such as `https://hub.example`, if that is not on this machine:
            no other page may show the dashboard within.

    Raises:
        ExplorerError: there is no such run, one is broken, or the port is taken.
    """
    runs: Sequence[Run] = [one if isinstance(one, Run) else load_run(Path(one)) for one in (run, *more)]
    context = make_context(runs, reader or reader_of(runs), Path(state_folder))
    return Exploration(context, port, height, (notebook,) if notebook else ())
