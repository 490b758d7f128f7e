"""Serve the dashboard on this machine, and nowhere else."""

import logging
import socket
import threading
import webbrowser
from collections.abc import Sequence
from pathlib import Path

from leap_explorer.errors import ExplorerError
from leap_explorer.explain.reader import TextReader
from leap_explorer.insights.claims import Claim
from leap_explorer.runs.run import Run

HOST = "127.0.0.1"
DEFAULT_PORT = 8050


def serve(
    runs: Sequence[Run],
    reader: TextReader | None,
    state_folder: Path,
    port: int = DEFAULT_PORT,
    open_browser: bool = True,
    claims: Sequence[Claim] = (),
) -> None:
    """Serve the dashboard until Ctrl-C; print its address once it answers.

    Raises:
        ExplorerError: the port is taken, there is no run, or one is broken.
    """
    from werkzeug.serving import make_server

    from leap_explorer.dashboard.app import create_app
    from leap_explorer.dashboard.context import make_context
    from leap_explorer.dashboard.warm_up import prepare_in_background

    with claim_port(port) as taken:
        context = make_context(runs, reader, state_folder, claims)
        app = create_app(context)
        logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line a request hides what matters
        server = make_server(HOST, taken.getsockname()[1], app.server, threaded=True, fd=taken.fileno())
        address = f"http://{HOST}:{taken.getsockname()[1]}/"
        print(f"The dashboard is at {address} (Ctrl-C ends it)", flush=True)
        if open_browser:
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
        prepare_in_background(app.server, context)
        try:
            server.serve_forever()
        finally:
            server.server_close()


def claim_port(port: int) -> socket.socket:
    """A socket that listens on a port of this machine; 0 stands for any free one.

    Raises:
        ExplorerError: another program has it.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        raise ExplorerError(
            f"Port {port} of this machine cannot be used ({error}): another program, perhaps an earlier dashboard, "
            "has it. End that one, or choose another port with --port."
        ) from error
    return listener
