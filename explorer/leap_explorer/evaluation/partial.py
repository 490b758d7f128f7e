"""The folder that an unfinished evaluation leaves, for the same command to go on from."""

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from leap_explorer.runs.run import write_json
from leap_explorer.runs.strict_json import read_json

PLAN = "plan.json"


def start_or_resume(work: Path, fingerprint: str) -> None:
    """Keep what an earlier evaluation of the same plan has left in `work`; clear anything else."""
    plan_path = work / PLAN
    try:
        is_same = read_json(plan_path)["fingerprint"] == fingerprint
    except (OSError, ValueError, KeyError, TypeError):
        is_same = False
    if not is_same:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        write_json(plan_path, {"fingerprint": fingerprint})


def is_whole(part: Path, count: int) -> bool:
    """Whether a part is there with all its samples; a machine that lost its power may have left less."""
    try:
        return pq.read_table(part).num_rows == count
    except (OSError, pa.ArrowException):
        return False
