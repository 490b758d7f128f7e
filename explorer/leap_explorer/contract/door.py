"""The one narrow way to an integration's code, which may hang, exit or crash: it runs in a process of its own.

with Door(folder, model) as door:
    labels = door.call(read_labels)        # def read_labels(host): return host.integration.labels
"""

import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self, TypeVar, TypeVarTuple

from leap_explorer.errors import ExplorerError

if TYPE_CHECKING:
    from leap_explorer.contract.host import Host
    from leap_explorer.contract.recipe import Recipe

    Opened = tuple[Path, Path | None, bool, tuple[Recipe, ...]]

Answer = TypeVar("Answer")
Arguments = TypeVarTuple("Arguments")

TIME_LIMIT = 60.0  #: seconds
_LAST_WORDS = 2000  # bytes of the process's stderr that are looked at


class IntegrationDied(ExplorerError):
    """The integration's process hung, ended or crashed; the next call starts another."""

    def __init__(self, message: str, doing: Any) -> None:
        super().__init__(message)
        self.doing = doing  #: what `Host.tell` said last; None before the first time


class Door:
    """An integration, and a model where one is named, opened at the first call. One call at a time.

    Args:
        folder: the integration's; its modules win over any others.
        model: the model file; by default the integration's own `load_model` is asked.
        is_trusted: whether code that the model file holds may be run.
        time_limit: seconds that one step may take, the model's own time not counted.
        environment: of the process; by default this one's.
        recipes: simulations whose samples the integration is to make.
    """

    def __init__(
        self,
        folder: Path,
        model: Path | None = None,
        time_limit: float = TIME_LIMIT,
        environment: Mapping[str, str] | None = None,
        is_trusted: bool = False,
        recipes: "Sequence[Recipe]" = (),
    ) -> None:
        self.is_trusted, self.recipes = is_trusted, tuple(recipes)
        self.folder, self.model = folder.resolve(), None if model is None else model.absolute()
        self.time_limit = time_limit
        self._environment = environment
        self._process: _Process | None = None
        self._is_closed = False
        self._lock = threading.Lock()

    def call(self, function: "Callable[[Host, *Arguments], Answer]", *arguments: *Arguments) -> Answer:
        """What a module's function, called there with the `Host` and the arguments, returns.

        Raises:
            ExplorerError: the function raised; the message names the line of the integration's code.
            IntegrationDied: the process did not answer in time, or ended.
        """
        with self._lock:
            if self._is_closed:
                raise ExplorerError(f"The integration in {self.folder} was closed.")
            if self._process is None:
                opened = self.folder, self.model, self.is_trusted, self.recipes
                self._process = _Process(opened, self.time_limit, self._environment)
            try:
                return self._process.exchange((function, arguments))
            except IntegrationDied:
                self._process = None
                raise
            except ExplorerError:  # an answer too: the process is ready for the next call
                raise
            except BaseException:  # Ctrl-C: the answer that is still to come belongs to nobody
                self._end()
                raise

    def another(self) -> "Door":
        """A door of its own to the same integration and model."""
        return Door(self.folder, self.model, self.time_limit, self._environment, self.is_trusted, self.recipes)

    def close(self) -> None:
        """End the process for good, whatever it is doing."""
        self._is_closed = True
        self._end()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


class _Process:
    """A running host, and the clock that ends it when a step takes too long."""

    def __init__(self, opened: "Opened", time_limit: float, environment: Mapping[str, str] | None) -> None:
        """`opened` is what the host opens: folder, model, whether its code may be run, simulations."""
        self._folder, self._time_limit = opened[0], time_limit
        self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
        self._popen = subprocess.Popen(
            # -P: neither this folder nor that of a script comes before what is installed; the host adds its own
            [sys.executable, "-P", "-m", "leap_explorer.contract.host"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env=None if environment is None else dict(environment),
        )
        self._doing: Any = None
        self._deadline: float | None = None
        self._is_late = False
        threading.Thread(target=self._watch, daemon=True).start()
        self._first: Opened | None = opened

    def exchange(self, request: tuple[Callable[..., Any], tuple[Any, ...]]) -> Any:
        """Send a request and wait for its answer."""
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        self._doing = None
        self._deadline = time.monotonic() + self._time_limit
        try:
            for message in filter(None, (self._first, request)):
                self._popen.stdin.write(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))
            self._first = None
            self._popen.stdin.flush()
            while True:
                kind, value = pickle.load(self._popen.stdout)
                if kind != "doing":
                    break
                self._doing, patience = value
                self._deadline = time.monotonic() + patience * self._time_limit
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            raise IntegrationDied(self._why_it_died(), self._doing) from error
        finally:
            self._deadline = None
        if kind == "error":
            raise ExplorerError(value)
        return value

    def end(self) -> None:
        """Whoever waits for an answer is told that the process died, and closes the streams."""
        self._popen.kill()
        self._popen.wait()

    def _watch(self) -> None:
        while self._popen.poll() is None:
            deadline = self._deadline
            if deadline is not None and time.monotonic() > deadline:
                self._is_late = True
                self._popen.kill()
            time.sleep(min(0.2, self._time_limit / 10))

    def _why_it_died(self) -> str:
        code = self._popen.wait()
        last_words = self._last_words()
        self._close_streams()
        whose = f"The integration in {self._folder}"
        if self._is_late:
            return f"{whose} did not answer within {self._time_limit:g} s."
        if code < 0:
            name = signal.Signals(-code).name
            hint = "; perhaps there was too little memory" if name == "SIGKILL" else ""
            return f"{whose} crashed its process ({name}{hint}).{last_words}"
        return f"{whose} ended its process with exit code {code}.{last_words}"

    def _last_words(self) -> str:
        """The last line that the process wrote to stderr, as far as it says anything."""
        self._stderr.seek(0, 2)
        self._stderr.seek(max(0, self._stderr.tell() - _LAST_WORDS))
        lines = self._stderr.read().decode("utf-8", "replace").strip().splitlines()
        return f" Its last words: {lines[-1].strip()}" if lines else ""

    def _close_streams(self) -> None:
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        self._stderr.close()
        self._popen.stdout.close()
        try:
            self._popen.stdin.close()
        except BrokenPipeError:  # what was left to write is for nobody
            return
