"""A dashboard of its own for tests that change what is kept on disk."""

import shutil
import threading
from contextlib import contextmanager

from werkzeug.serving import make_server

from leap_explorer.dashboard.app import create_app
from leap_explorer.dashboard.context import make_context
from leap_explorer.runs.run import load_run, write_json


@contextmanager
def serving(runs, reader, state_folder):
    """The address at which a dashboard of these runs answers."""
    app = create_app(make_context(runs, reader, state_folder))
    server = make_server("127.0.0.1", 0, app.server, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()


def copied_run(run, folder, insights=None, **info):
    """A copy of a run, with other insights and other facts."""
    shutil.copytree(run.path, folder)
    write_json(folder / "run.json", {**run.info, **info})
    if insights is not None:
        write_json(folder / "insights.json", insights)
    return load_run(folder)
