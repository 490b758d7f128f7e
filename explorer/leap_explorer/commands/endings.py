"""How a command ends: what goes wrong around it is one line on stderr, and an exit code that says of what kind it is.

    0    done
    1    something that the user can mend, or a test that fails
    2    options that do not go together, as typer has it
    130  Ctrl-C, or the terminal is gone
    141  whoever reads the output has closed it, as `| head -1` does
    143  SIGTERM

Imported before what takes seconds to load, it keeps an interruption in these seconds from a traceback too.
"""

import io
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType, TracebackType

INTERRUPTED, PIPE_CLOSED, TERMINATED = 130, 141, 143  # as shells count what ends by a signal

_ended_by: list[int] = []  # the signals that have come


def run_command(app: Callable[[], object], mendable: tuple[type[Exception], ...], if_interrupted: str = "") -> None:
    """Call a typer app, and end the process as the module says; a defect stays a traceback.

    Args:
        mendable: the exceptions whose message is for the user.
        if_interrupted: what is said after Ctrl-C.
    """
    _take_signals()
    _write_anything()
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except mendable as error:
        _end(1, "[bold red]Error:[/] ", str(error))
    except BrokenPipeError:
        _end(PIPE_CLOSED)
    except OSError as error:
        _end(1, "[bold red]Error:[/] ", in_words(error))
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # typer and rich make exit code 1 of it
            _end(PIPE_CLOSED)
        if end.code != INTERRUPTED:
            raise
        _end(TERMINATED if signal.SIGTERM in _ended_by else INTERRUPTED, said=if_interrupted)


def in_words(error: OSError) -> str:
    """What the system says, of which file: `/tmp/x: No space left on device.`"""
    why = error.strerror or str(error)
    file = error.filename2 or error.filename
    return f"The output cannot be written: {why}." if file is None else f"{os.fsdecode(file)}: {why}."


def _take_signals() -> None:
    """Have SIGTERM, and a terminal that goes away, end a command as Ctrl-C does: no child and no half file is left."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:  # nohup ignores one
            signal.signal(number, _interrupt)


def _write_anything() -> None:
    """Have a terminal or a pipe that lacks a letter, as with LC_ALL=C or a lone surrogate, show its number."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _interrupt(number: int, _frame: FrameType | None) -> None:
    _ended_by.append(number)
    raise KeyboardInterrupt


def _end(code: int, mark: str = "", said: str = "") -> None:
    from rich.markup import escape

    from leap_explorer.commands.terminal import Screen, drop_what_cannot_be_written

    drop_what_cannot_be_written(sys.stdout)
    if said:
        Screen(stderr=True).print(f"{mark}{escape(said)}", highlight=False, soft_wrap=True)
    sys.exit(code)


def _without_traceback(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """The hook for what nobody catches; Python itself then ends with the code of an interruption."""
    if not issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)


sys.excepthook = _without_traceback
