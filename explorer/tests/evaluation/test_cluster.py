"""Chunks scored by a Dask cluster of real processes, whatever becomes of workers, scheduler and network."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from clusters import PATIENCE, RealCluster, cuttable_network, luggage_of, wait_until
from leap_explorer import evaluate
from leap_explorer.contract.door import Door
from leap_explorer.errors import ExplorerError
from leap_explorer.evaluation.cluster.agreement import check_workers
from leap_explorer.evaluation.cluster.connect import Cluster, connected
from leap_explorer.evaluation.cluster.dispatch import DIED, score_on
from leap_explorer.evaluation.cluster.station import Station
from leap_explorer.evaluation.evaluate import evaluate as evaluate_model
from leap_explorer.evaluation.plan import Options
from leap_explorer.evaluation.pool import score_chunks
from leap_explorer.runs.run import write_table
from toys import environment, explorer, names_in
from unruly import write_unruly

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="kill -9 and namespaces are not those of Windows"),
]
dask, distributed = (pytest.importorskip(name) for name in ("dask", "distributed"))

WORKERS = ("a", "b", "c")
WAITS = tuple(f"waits-{i}" for i in range(120))
LOOSE = ("raises-1", "ends-1", "starves-1", "takes-1")


@pytest.fixture(scope="module")
def unruly(tmp_path_factory):
    """The integration's folder, and its luggage."""
    folder = tmp_path_factory.mktemp("integration") / "unruly"
    model = write_unruly(folder, *WAITS, *LOOSE)
    return folder, luggage_of(folder, model)


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    with RealCluster(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def client(machines):
    with distributed.Client(machines.address, set_as_default=False) as client:
        yield client


def chunks_of(names, size):
    return [[("validation", name) for name in names[start : start + size]] for start in range(0, len(names), size)]


def scored(client, luggage, chunks, on_table=lambda number, table: None):
    """The tables by number; each came once."""
    tables = {}
    for number, table in score_on(client, Station(luggage, "onnx"), chunks):
        assert number not in tables
        tables[number] = table
        on_table(number, table)
    assert sorted(tables) == list(range(len(chunks)))
    for number, chunk in enumerate(chunks):
        assert tables[number]["id"].to_pylist() == [name for _, name in chunk]
    return tables


def errors_in(tables):
    rows = [row for table in tables.values() for row in table.select(["id", "error"]).to_pylist()]
    return {row["id"]: row["error"] for row in rows if row["error"] is not None}


def is_clean(client, machines):
    """Whether nothing of an evaluation is left: no station, no task, no folder, no process of the integration."""
    plugins = client.run(lambda dask_worker: list(dask_worker.plugins)).values()
    tasks, stations = client.run_on_scheduler(
        lambda dask_scheduler: (len(dask_scheduler.tasks), list(dask_scheduler.worker_plugins))
    )
    hosts = subprocess.run(["pgrep", "-g", _groups(machines), "-f", "contract.host"], capture_output=True, text=True)
    ours = [name for names in (stations, *plugins) for name in names if name.startswith("leap-explorer")]
    return not (ours or tasks or machines.folders() or hosts.stdout)


def _groups(machines):
    return ",".join(str(process.pid) for process in machines.workers.values())


def test_the_parts_are_those_of_the_pool(client, machines, unruly, tmp_path):
    machines.fill(client, *WORKERS)
    folder, luggage = unruly
    chunks = chunks_of(["good-8", "raises-1", *WAITS[:3], "ends-1", *WAITS[3:9]], 3)
    most = []

    def count(number, table):
        most.append(client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)))

    tables = scored(client, luggage, chunks, count)
    assert max(most) <= 2 * len(WORKERS)
    with Door(folder, folder / "model.onnx") as door:
        for number, table in enumerate(score_chunks([door], luggage.schema, chunks)):
            for name, one in (("pool", table), ("cluster", tables[number])):
                write_table(tmp_path / name, one)
            assert (tmp_path / "pool").read_bytes() == (tmp_path / "cluster").read_bytes()
    assert set(errors_in(tables)) == {"raises-1", "ends-1"}
    wait_until(lambda: is_clean(client, machines), "something is left on the cluster")


def test_a_slow_worker_does_not_hold_up_the_others(client, machines, unruly):
    machines.fill(client, "a", "b")
    machines.add("slow", TOY_SLOWNESS="10")
    wait_until(lambda: len(client.nthreads()) == 3, "the slow worker does not come")
    before = executed(client)
    scored(client, unruly[1], chunks_of(WAITS, 3))
    done = {name: count - before[name] for name, count in executed(client).items()}
    assert done["slow"] < min(done["a"], done["b"]) / 2, done
    machines.end("slow")


def executed(client):
    """By worker the tasks that it has done."""
    return dict(client.run(lambda dask_worker: (dask_worker.name, dask_worker.state.executed_count)).values())


def test_kill_minus_nine_in_mid_chunk(client, machines, unruly):
    machines.fill(client, *WORKERS)
    killed = []

    def kill(number, table):
        if not killed:
            killed.append("a")
            machines.end("a")

    assert errors_in(scored(client, unruly[1], chunks_of(WAITS, 5), kill)) == {}


def test_all_workers_but_one_killed(client, machines, unruly):
    machines.fill(client, *WORKERS)
    victims = ["a", "b"]

    def kill(number, table):
        while victims:
            machines.end(victims.pop())

    assert errors_in(scored(client, unruly[1], chunks_of(WAITS, 10), kill)) == {}


def test_a_worker_that_comes_later_helps(client, machines, unruly):
    machines.fill(client, "a")
    threading.Timer(0, lambda: machines.add("late")).start()
    names = {}

    def look(number, table):
        names.update(client.run(lambda dask_worker: (dask_worker.name, len(dask_worker.plugins))))

    scored(client, unruly[1], chunks_of(WAITS * 2, 5), look)
    assert {name for name, _ in names.values()} == {"a", "late"}


def test_memory_that_runs_out_on_one_worker(client, machines, unruly):
    """The chunk is scored by another, that has enough of it."""
    machines.fill(client, "a")
    machines.add("large", TOY_MEMORY="much")
    wait_until(lambda: len(client.nthreads()) == 2, "the large worker does not come")
    chunks = chunks_of([*WAITS[:6], "starves-1", *WAITS[6:12]], 2)
    assert errors_in(scored(client, unruly[1], chunks)) == {}
    machines.end("large")


def test_memory_that_runs_out_everywhere(client, machines, unruly):
    machines.fill(client, "a", "b")
    errors = errors_in(scored(client, unruly[1], chunks_of([*WAITS[:4], "starves-1", "good-8"], 2)))
    assert list(errors) == ["starves-1"]
    assert "SIGKILL; perhaps there was too little memory" in errors["starves-1"]


def test_a_chunk_that_takes_its_workers_down(client, machines, unruly):
    """Every one of its samples has that as its error, and no other sample."""
    machines.fill(client)
    machines.add("a", "b", nanny=True)
    wait_until(lambda: len(client.nthreads()) == 2, "the workers do not come")
    chunks = chunks_of([*WAITS[:6], "takes-1", "good-8", *WAITS[6:12]], 2)
    errors = errors_in(scored(client, unruly[1], chunks))
    assert errors == {"takes-1": DIED, "good-8": DIED}
    machines.fill(client)


def test_a_worker_without_the_package(client, machines, unruly, tmp_path):
    machines.fill(client, "a")
    absent = tmp_path / "leap_explorer"
    absent.mkdir()
    (absent / "__init__.py").write_text("raise ModuleNotFoundError(\"No module named 'leap_explorer'\")")
    machines.add("bare", PYTHONPATH=str(tmp_path))
    wait_until(lambda: len(client.nthreads()) == 2, "the bare worker does not come")
    with pytest.raises(ExplorerError, match=r"The worker tcp://.* cannot score samples: No module named"):
        check_workers(client, "onnx", {})
    machines.end("bare")


def test_another_version(client, machines, unruly, tmp_path):
    machines.fill(client, "a")
    facts = tmp_path / "onnxruntime-0.0.1.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: onnxruntime\nVersion: 0.0.1\n")
    path = os.pathsep.join([str(tmp_path), environment()["PYTHONPATH"]])
    machines.add("old", PYTHONPATH=path)
    wait_until(lambda: len(client.nthreads()) == 2, "the old worker does not come")
    versions = unruly[1].versions
    with pytest.raises(ExplorerError, match=r"has onnxruntime 0\.0\.1, this machine .*--allow-version-mismatch"):
        check_workers(client, "onnx", versions)
    check_workers(client, "onnx", {})
    machines.end("old")


def test_no_scheduler():
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "1s"}),
        pytest.raises(ExplorerError, match=r"There is no scheduler at tcp://127.0.0.1:9"),
        connected("tcp://127.0.0.1:9", print),
    ):
        pass


@pytest.fixture(scope="module")
def waiting(tmp_path_factory):
    """An integration that takes three seconds, and its run as processes of this machine make it."""
    folder = tmp_path_factory.mktemp("waiting") / "unruly"
    write_unruly(folder, *WAITS[:60])
    assert explorer(*command(folder, folder.parent / "run")).returncode == 0
    return folder


def command(folder, out):
    return ["evaluate", folder, "--model", folder / "model.onnx", "--out", out, "--projection", "pca"]


def same_runs(one, other):
    names = [name for name in names_in(one) if name != "run.json"]
    return names == [name for name in names_in(other) if name != "run.json"] and all(
        (one / name).read_bytes() == (other / name).read_bytes() for name in names
    )


def test_workers_that_the_command_starts(waiting, tmp_path):
    done = explorer(*command(waiting, tmp_path / "run"), "--scheduler", "local:2")
    assert done.returncode == 0, done.stderr
    assert "distributed" not in done.stderr
    assert same_runs(tmp_path / "run", waiting.parent / "run")


def test_ctrl_c_leaves_the_cluster_clean_and_the_parts(client, machines, waiting, tmp_path):
    machines.fill(client, "a")
    whole = [sys.executable, "-m", "leap_explorer", *command(waiting, tmp_path / "run")]
    process = subprocess.Popen(
        [*map(str, whole), "--scheduler", machines.address], env=environment(), stderr=subprocess.PIPE, text=True
    )
    partial = tmp_path / ".run.partial"
    wait_until(lambda: list(partial.glob("part-*")) or process.poll() is not None, "no part is written")
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    wait_until(lambda: is_clean(client, machines), "something is left on the cluster")
    run = evaluate(waiting, waiting / "model.onnx", tmp_path / "run", projection="pca", scheduler=client)
    assert same_runs(run.path, waiting.parent / "run")


def test_the_scheduler_is_gone(waiting, tmp_path):
    """One error, and the next evaluation, without a cluster, goes on from the finished parts."""
    (tmp_path / "cluster").mkdir()
    with RealCluster(tmp_path / "cluster") as cluster:
        cluster.add("a")
        client = distributed.Client(cluster.address, timeout=2, set_as_default=False)

        def report(what, done, total):
            if what == "Evaluating" and 0 < done < total:
                cluster.scheduler.kill()

        with pytest.raises(
            ExplorerError, match=r"The connection to the scheduler is lost\. All finished chunks are kept"
        ):
            evaluate_model(
                waiting,
                waiting / "model.onnx",
                tmp_path / "run",
                Options(projection="pca"),
                report=report,
                cluster=Cluster(client),
            )
        client.close()
    assert names_in(tmp_path / ".run.partial") == ["part-00000.parquet", "plan.json"]
    assert explorer(*command(waiting, tmp_path / "run")).returncode == 0
    assert same_runs(tmp_path / "run", waiting.parent / "run")


def test_the_network_is_cut_for_twenty_seconds(unruly, tmp_path):
    with cuttable_network() as (prefix, host, cut), RealCluster(tmp_path, host, prefix) as cluster:
        cluster.add("a", "b")
        with distributed.Client(cluster.address, set_as_default=False) as client:
            client.wait_for_workers(2)
            cuts = []

            def cut_once(number, table):
                if not cuts:
                    cuts.append(time.monotonic())
                    cut(20)

            assert errors_in(scored(client, unruly[1], chunks_of(WAITS, 6), cut_once)) == {}
            assert time.monotonic() - cuts[0] >= 20
