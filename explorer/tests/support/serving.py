"""A dashboard of its own for tests that change what is kept on disk."""

import shutil
import threading
from contextlib import contextmanager

from leap_explorer.dashboard.access import Access
from leap_explorer.dashboard.context import make_context
from leap_explorer.dashboard.server import PageServer
from leap_explorer.runs.run import load_run, write_json


@contextmanager
def serving(runs, reader, state_folder, access=None):
    """The address at which a dashboard of these runs answers, by the server that the command starts."""
    server = PageServer(make_context(runs, reader, state_folder), access or Access(), port=0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server.address
    finally:
        server.close()
        thread.join()


def copied_run(run, folder, insights=None, **info):
    """A copy of a run, with other insights and other facts."""
    shutil.copytree(run.path, folder)
    write_json(folder / "run.json", {**run.info, "files": None, **info})
    if insights is not None:
        write_json(folder / "insights.json", insights)
    return load_run(folder)
