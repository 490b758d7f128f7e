"""Samples that take their process down with them, evaluated with the command."""

import pyarrow as pa
import pytest

from leap_explorer.contract.door import IntegrationDied
from leap_explorer.errors import ExplorerError
from leap_explorer.evaluation import steps
from leap_explorer.evaluation.pool import MOST_DEATHS, score_chunks
from leap_explorer.runs.run import load_run
from toys import explorer
from unruly import write_unruly


class MadeDoor:
    """Answers with the samples' ids and errors; dies as its samples are named. Stands in for a process."""

    def __init__(self):
        self.is_closed = False

    def call(self, function, chunk, failed, schema):
        assert function is steps.score_chunk
        for place, (_, sample_id) in enumerate(chunk):
            if place not in failed and sample_id == "crashes":
                raise IntegrationDied("crashed", place)
            if place not in failed and sample_id == "opening":
                raise IntegrationDied("cannot be opened", "opening")
        if any(place not in failed and sample_id == "metric" for place, (_, sample_id) in enumerate(chunk)):
            raise IntegrationDied("the metric crashed", steps.SCORING)
        errors = pa.array([failed.get(place) for place in range(len(chunk))], type=pa.string())
        return pa.table({"id": [key[1] for key in chunk], "error": errors})

    def close(self):
        self.is_closed = True


def scored(*chunks, doors=1):
    tables = score_chunks([MadeDoor() for _ in range(doors)], None, [[("training", i) for i in ids] for ids in chunks])
    return [list(zip(*table.to_pydict().values(), strict=True)) for table in tables]


def test_in_order_whatever_the_number_of_doors():
    chunks = [[f"{chunk}-{i}" for i in range(3)] for chunk in range(9)]
    expected = [[(sample_id, None) for sample_id in ids] for ids in chunks]
    assert scored(*chunks) == scored(*chunks, doors=4) == expected


def test_no_chunks():
    assert scored() == []


def test_who_crashes_has_that_as_its_error():
    assert scored(["a", "crashes", "b", "crashes"]) == [
        [("a", None), ("crashes", "crashed"), ("b", None), ("crashes", "crashed")]
    ]


def test_whose_metric_crashes_is_found():
    assert scored(["a", "metric", "b"]) == [[("a", None), ("metric", "the metric crashed"), ("b", None)]]


def test_it_gives_up():
    scored(["crashes"] * MOST_DEATHS)
    with pytest.raises(ExplorerError, match="samples were given up"):
        scored(["crashes"] * (MOST_DEATHS + 1))


def test_what_cannot_be_opened_is_told_at_once():
    with pytest.raises(IntegrationDied, match="cannot be opened"):
        scored(["a", "opening", "b"])


def test_doors_are_closed_when_no_more_is_asked_for():
    doors = [MadeDoor(), MadeDoor()]
    tables = score_chunks(doors, None, [[("training", "a")]] * 9)
    next(tables)
    tables.close()
    assert all(door.is_closed for door in doors)


@pytest.mark.slow
def test_unruly_samples_have_errors_and_the_others_values(tmp_path):
    names = ["prints-1", "moves-1", "good-9", "raises-1", "leaves-1", "ends-1", "crashes-1", "good-77", "hangs-1"]
    model = write_unruly(tmp_path / "unruly", *names)
    out = tmp_path / "run"
    result = explorer("evaluate", tmp_path / "unruly", "--model", model, "--out", out, "--time-limit", "10")
    assert result.returncode == 1, result.stderr
    assert "printed by the integration" not in result.stdout + result.stderr
    samples = load_run(out).samples.set_index("id")
    errors = samples["error"].dropna()
    assert list(errors.index) == ["raises-1", "leaves-1", "ends-1", "crashes-1", "hangs-1"]
    assert errors["raises-1"].startswith("StopIteration: no message (utils.py:")
    assert errors["leaves-1"].startswith("SystemExit: 0 (utils.py:")
    assert "ended its process with exit code 7" in errors["ends-1"]
    assert "crashed its process (SIGSEGV)" in errors["crashes-1"]
    assert "did not answer within 10 s" in errors["hangs-1"]
    good = samples[samples["error"].isna()]
    assert len(good) == 8 + 5
    assert (good["prediction"] == good["ground_truth"]).all()
    assert set(good["metadata_whose"]) == {"unruly"}


@pytest.mark.slow
def test_a_metric_that_crashes_for_some(tmp_path):
    model = write_unruly(tmp_path / "unruly", "good-10", "good-9")
    (tmp_path / "unruly" / "metric_crashes").touch()
    result = explorer("evaluate", tmp_path / "unruly", "--model", model, "--out", tmp_path / "run")
    assert result.returncode == 1
    errors = load_run(tmp_path / "run").samples.set_index("id")["error"].dropna()
    assert list(errors.index) == ["good-10"]
    assert "crashed its process (SIGSEGV)" in errors["good-10"]
