"""The cluster that an evaluation is handed to."""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Union

from leap_explorer.errors import ExplorerError
from leap_explorer.extras import require

if TYPE_CHECKING:
    from distributed import Client

_LOCAL = re.compile(r"local:([1-9]\d{0,3})")


@dataclass(frozen=True)
class Cluster:
    """Who scores the samples, if not processes of this one."""

    scheduler: Union[str, "Client"]  #: tcp://HOST:PORT, local:N for N workers here, or a client that is connected
    allows_mismatch: bool = False  #: whether workers may have other versions of code and libraries


@contextmanager
def connected(scheduler: Union[str, "Client"], say: Callable[[str], None]) -> "Iterator[Client]":
    """A client of the cluster, which has a worker at least; whatever was started for it is ended.

    Args:
        say: called with a line when no worker is there yet.

    Raises:
        ExplorerError: there is no scheduler, or the extra `cluster` is not installed.
    """
    require("A cluster", "cluster")
    if not isinstance(scheduler, str):
        _wait_for_worker(scheduler, say)
        yield scheduler
        return
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what the user can mend is told as an error
    from distributed import Client, LocalCluster

    if local := _LOCAL.fullmatch(scheduler):
        here = "127.0.0.1:0"  # left out, both would listen on every address of this machine
        places = {"dashboard_address": here, "worker_dashboard_address": here}
        quiet = {"silence_logs": logging.CRITICAL, "memory_limit": None}
        with (
            LocalCluster(n_workers=int(local[1]), threads_per_worker=1, **places, **quiet) as cluster,
            Client(cluster, set_as_default=False) as client,
        ):
            yield client
        return
    try:
        client = Client(scheduler, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        reason = f"There is no scheduler at {scheduler}: {error}"
        raise ExplorerError(f"{reason}. Give tcp://HOST:PORT of one, or local:N.") from error
    with client:
        _wait_for_worker(client, say)
        yield client


def _wait_for_worker(client: "Client", say: Callable[[str], None]) -> None:
    if not client.nthreads():
        say("The cluster has no worker yet: waiting for one.")
        client.wait_for_workers(1)
