"""Serve the dashboard: on this machine and nowhere else, unless told otherwise."""

import socket
import threading
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dash import Dash
from waitress import wasyncore
from waitress.server import create_server

from leap_explorer.dashboard.access import Access, protect, without_prefix
from leap_explorer.dashboard.app import create_app
from leap_explorer.dashboard.context import Context, make_context
from leap_explorer.dashboard.warm_up import prepare_in_background
from leap_explorer.errors import ExplorerError
from leap_explorer.explain.reader import TextReader
from leap_explorer.insights.claims import Claim
from leap_explorer.runs.run import Run
from leap_explorer.samples.drawer import SampleDrawer

DEFAULT_PORT = 8050

_THREADS = 8  # a page asks for so much at once


class PageServer:
    """A dashboard that listens from now on, and answers while it runs."""

    def __init__(self, context: Context, access: Access, port: int) -> None:
        """Listen.

        Raises:
            ExplorerError: the port is taken, or the host is none of this machine's.
        """
        self.app: Dash = create_app(context, access.prefix)
        protect(self.app, access)
        listener = claim_port(access.host, port)
        self.address = access.address(listener.getsockname()[1])
        self._channels: dict[int, Any] = {}
        page = without_prefix(self.app.server, access.prefix)
        self._server = create_server(page, map=self._channels, sockets=[listener], threads=_THREADS, ident=None)

    def run(self) -> None:
        """Answer until `close`, or Ctrl-C, which waitress keeps to itself."""
        self._server.run()

    def close(self) -> None:
        """Have `run`, which another thread is in, end."""
        self._server.trigger.pull_trigger(lambda: wasyncore.close_all(self._channels))


def serve(
    runs: Sequence[Run],
    reader: TextReader | SampleDrawer | None,
    state_folder: Path,
    port: int = DEFAULT_PORT,
    open_browser: bool = True,
    claims: Sequence[Claim] = (),
    access: Access | None = None,
) -> None:
    """Serve the dashboard until Ctrl-C; print its address once it answers.

    Args:
        access: who may ask; by default this machine.

    Raises:
        ExplorerError: the port is taken, there is no run, or one is broken.
        KeyboardInterrupt: at Ctrl-C.
    """
    context = make_context(runs, reader, state_folder, claims)
    server = PageServer(context, access or Access(), port)
    print(f"The dashboard is at {server.address} (Ctrl-C ends it)", flush=True)
    if open_browser:
        threading.Thread(target=webbrowser.open, args=(server.address,), daemon=True).start()
    prepare_in_background(server.app.server, context)
    server.run()
    raise KeyboardInterrupt


def claim_port(host: str, port: int) -> socket.socket:
    """A socket that listens on a port of a host of this machine; 0 stands for any free one.

    Raises:
        ExplorerError: another program has it, or the host is none of this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        raise ExplorerError(
            f"Port {port} of {host} cannot be used ({error}): another program, perhaps an earlier dashboard, "
            "has it, or the host is none of this machine's. End that one, or choose another with --port or --host."
        ) from error
    return listener
