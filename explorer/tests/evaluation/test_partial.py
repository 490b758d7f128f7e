import pyarrow as pa
import pytest

from leap_explorer.evaluation.partial import PLAN, is_whole, start_or_resume
from leap_explorer.runs.run import write_table


@pytest.mark.parametrize("kept", [0, 10, 100, -1])
def test_a_part_that_is_cut_off(tmp_path, kept):
    part = tmp_path / "part"
    assert not is_whole(part, 3)
    write_table(part, pa.table({"a": [1.0, 2.0, 3.0]}))
    assert is_whole(part, 3)
    assert not is_whole(part, 4)
    part.write_bytes(part.read_bytes()[:kept])
    assert not is_whole(part, 3)


@pytest.mark.parametrize(
    ("plan", "is_kept"),
    [
        ('{"fingerprint": "a"}', True),
        ('{"fingerprint": "b"}', False),
        ("{", False),
        ("[1]", False),
        ("[" * 9999, False),
    ],
)
def test_what_another_plan_has_left_is_cleared(tmp_path, plan, is_kept):
    work = tmp_path / "work"
    work.mkdir()
    (work / PLAN).write_text(plan)
    (work / "part").touch()
    start_or_resume(work, "a")
    assert (work / "part").exists() == is_kept
    assert (work / PLAN).exists()
