"""What went wrong in an integration's code, in one line that names the place."""

import traceback
from pathlib import Path


def describe_failure(error: BaseException, folder: Path) -> str:
    """Type and message, and the innermost line of the integration's own code that the error passed through.

    For example `ValueError: no such word (leap_binder.py:42, in read, called by tokens)`, where `tokens` is the first
    of its functions, an encoder or a metric. An error without a message says so. Of an error that another one led to,
    outside of the integration's code, the other one is told.
    """
    while error.__cause__ is not None and not _own_frames(error, folder):
        error = error.__cause__
    message = f"{type(error).__name__}: {str(error).strip() or 'no message'}"
    frames = _own_frames(error, folder)
    if not frames:
        return message
    frame = frames[-1]
    name = Path(frame.filename).resolve().relative_to(folder.resolve()).as_posix()
    caller = "" if frames[0].name in (frame.name, "<module>") else f", called by {frames[0].name}"
    return f"{message} ({name}:{frame.lineno}, in {frame.name}{caller})"


def without_stack(message: str) -> str:
    """What code-loader says of an error in the integration's code, without the calls that led there."""
    return message.partition("\nStacktrace")[0].strip()


def _own_frames(error: BaseException, folder: Path) -> list[traceback.FrameSummary]:
    """The lines of the integration's own code that the error passed through, the outermost first."""
    frames = traceback.extract_tb(error.__traceback__)
    return [frame for frame in frames if _lies_in(Path(frame.filename), folder.resolve())]


def _lies_in(path: Path, folder: Path) -> bool:
    """Whether a source file is the integration's own, and not of an environment that lies in its folder."""
    resolved = path.resolve()
    return resolved.is_relative_to(folder) and "site-packages" not in resolved.parts
