"""What takes seconds the first time, done in the background before someone asks for it: imports, models, rankings."""

import logging
import time
from collections.abc import Callable, Iterable
from functools import partial
from threading import Lock, Thread
from typing import Any, Protocol, runtime_checkable

from flask import Flask

from leap_explorer.dashboard.context import Context
from leap_explorer.dashboard.parts.histograms import prepare_bins
from leap_explorer.dashboard.views.labels.review import ranking
from leap_explorer.errors import ExplorerError
from leap_explorer.insights.rows import NotApplicable

#: A step can be left out, or fail: what it makes ready is then made when it is first asked for.
Step = Callable[[], object]

QUIET = 1.5  # seconds without a request: the first page is then there

_log = logging.getLogger(__name__)


@runtime_checkable
class Preparable(Protocol):
    """A reader whose first answers take long."""

    def preparation(self) -> Iterable[Step]:
        """What can be done before the first question, the most wanted first."""


class Traffic:
    """Knows whether a server has something to do."""

    def __init__(self, server: Flask) -> None:
        self._lock = Lock()
        self._open, self._last = 0, time.monotonic()
        server.before_request(partial(self._count, 1))
        server.teardown_request(partial(self._count, -1))

    def wait_for_quiet(self, seconds: float = QUIET) -> None:
        """Return once no request has come, or is open, for so long."""
        while self._open or time.monotonic() - self._last < seconds:
            time.sleep(seconds / 10)

    def _count(self, change: int, _error: BaseException | None = None) -> None:
        with self._lock:
            self._open += change
            self._last = time.monotonic()


def steps(context: Context) -> list[Step]:
    """All that can be made ready for the runs and the reader."""
    of_reader = context.asked.preparation() if isinstance(context.asked, Preparable) else ()
    texts = [context.corpus.prepare] if context.reader else []
    of_runs = [partial(make, data) for make in (prepare_bins, ranking) for data in context.data.values()]
    return [*of_reader, *texts, *of_runs]


def prepare(wanted: Iterable[Step]) -> None:
    """Take the steps one after the other; one that fails keeps none from the next."""
    for step in wanted:
        try:
            step()
        except NotApplicable:
            continue  # the view says so
        except ExplorerError as error:
            _log.warning("%s", error)
        except Exception:
            _log.exception("Something could not be made ready; it is tried again when it is asked for")


def prepare_in_background(server: Flask, context: Context) -> Thread:
    """Start a thread that prepares once the server has nothing else to do; it ends with the program."""
    traffic = Traffic(server)

    def work() -> Any:
        traffic.wait_for_quiet()
        prepare(steps(context))

    thread = Thread(target=work, name="preparation", daemon=True)
    thread.start()
    return thread
