"""A module whose name many integrations use."""

import ctypes
import os
import signal
import sys
import time
from pathlib import Path

WHOSE = "unruly"


def misbehave(sample_id: str) -> None:
    """What a sample's name says: `hangs-1` hangs."""
    match sample_id.partition("-")[0]:
        case "prints":
            print("printed by the integration")
            os.write(1, b"written by the integration\n")
        case "moves":
            os.chdir(Path(__file__).anchor)
            os.environ["PATH"] = ""
        case "raises":
            raise StopIteration
        case "leaves":
            sys.exit(0)
        case "ends":
            os._exit(7)
        case "crashes":
            ctypes.string_at(0)
        case "hangs":
            time.sleep(3600)
        case "waits":
            time.sleep(0.05 * float(os.environ.get("TOY_SLOWNESS", "1")))
        case "starves":  # as Linux ends a process for which there is too little memory
            if os.environ.get("TOY_MEMORY") != "much":
                os.kill(os.getpid(), signal.SIGKILL)
        case "takes":  # as it ends a container
            os.kill(os.getppid(), signal.SIGKILL)
