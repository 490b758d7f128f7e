"""The process in which an integration's code runs: `python -m leap_explorer.contract.host`, started by a `Door`.

Requests come in on stdin and answers go out on stdout, both as pickles; what the integration prints goes nowhere. The
process ends as soon as its parent does.
"""

import os

os.environ.setdefault("TL_DISABLE_ANALYTICS", "1")  # code-loader's telemetry costs seconds at every start
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pickle
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from code_loader.contract.datasetclasses import DatasetSample

from leap_explorer.contract.failures import describe_failure
from leap_explorer.contract.integration import Integration
from leap_explorer.contract.model import Model, load_model, wrap_model
from leap_explorer.contract.recipe import Recipe
from leap_explorer.errors import ExplorerError

OPENING = "opening"  #: what `Host.tell` says of integration and model
PATIENCE_OPENING = 10.0  #: time limits that it may take: reading a data set takes minutes

Request = tuple[Callable[..., Any], tuple[Any, ...]]


class Host:
    """What a function that is called through the door works with: the integration and its model."""

    def __init__(
        self,
        folder: Path,
        model_path: Path | None,
        is_trusted: bool,
        recipes: Sequence[Recipe],
        answers: BinaryIO,
    ) -> None:
        self.folder, self.model_path, self.is_trusted, self.recipes = folder, model_path, is_trusted, recipes
        self._answers = answers

    @cached_property
    def integration(self) -> Integration:
        self.tell(OPENING, PATIENCE_OPENING)
        return Integration(self.folder, self.recipes)

    @cached_property
    def model(self) -> Model:
        """The model, with the custom layers that the integration declares; without a file, the integration's own.

        Raises:
            ExplorerError: it cannot be loaded.
        """
        integration = self.integration
        self.tell(OPENING, PATIENCE_OPENING)
        if self.model_path is None:
            return wrap_model(integration.load_own_model())
        return load_model(self.model_path, integration.custom_layers, self.is_trusted)

    def predictions(self, sample: DatasetSample) -> list[npt.NDArray[Any]]:
        """The model's outputs for one sample, unbatched.

        Raises:
            ExplorerError: the model cannot be loaded, or does not fit the integration.
        """
        names = self.integration.inputs_of(self.model)
        self.tell(f"the model's answer to {sample.index}", PATIENCE_OPENING)
        outputs, _ = self.model.predict([np.asarray(sample.inputs[name])[None] for name in names])
        return [output[0] for output in outputs]

    def tell(self, doing: Any, patience: float = 1.0) -> None:
        """Say what is done next, which may take `patience` times the time limit from now on."""
        self._send(("doing", (doing, patience)))

    def answer(self, request: Request) -> None:
        """Call the function and send what it gives, or why it gives nothing."""
        function, arguments = request
        try:
            outcome = ("value", function(self, *arguments))
        except ExplorerError as error:
            outcome = ("error", str(error))
        except (Exception, SystemExit) as error:  # of any type: it is the integration's code
            outcome = ("error", describe_failure(error, self.folder))
        self._send(outcome)

    def _send(self, message: tuple[str, Any]) -> None:
        self._answers.write(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))
        self._answers.flush()


def main() -> None:
    """Answer requests until the parent closes the door, or is gone."""
    requests, answers = _take_streams()
    _be_first_to_go()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process; the parent ends this one
    folder, model_path, is_trusted, recipes = pickle.load(requests)
    _put_first(folder)
    host = Host(folder, model_path, is_trusted, recipes, answers)
    inbox: queue.SimpleQueue[Request] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(requests, inbox), daemon=True).start()
    while True:
        host.answer(inbox.get())


def _take_streams() -> tuple[BinaryIO, BinaryIO]:
    """This process's stdin and stdout, out of the reach of what the integration reads and prints."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with Path(os.devnull).open("r+b") as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(nothing.fileno(), 1)
    return requests, answers


def _be_first_to_go() -> None:
    """Where memory runs out, let Linux end this process, which can be replaced, and not the one that waits for it."""
    score = Path("/proc/self/oom_score_adj")
    if score.exists():
        score.write_text("1000")


def _put_first(folder: Path) -> None:
    """Let the integration find its own modules before any others, and its files where it looks for them."""
    if folder.is_dir():  # else opening the integration says what is wrong
        os.chdir(folder)
    sys.path.insert(0, str(folder))


def _receive(requests: BinaryIO, inbox: "queue.SimpleQueue[Request]") -> None:
    """Pass requests on. Their end means that nobody waits for an answer, even where the integration hangs."""
    try:
        while True:
            inbox.put(pickle.load(requests))
    except EOFError:
        os._exit(0)
    except BaseException:  # such as a function that cannot be imported here: nobody may wait for its answer
        traceback.print_exc()
        os._exit(1)


if __name__ == "__main__":
    main()
