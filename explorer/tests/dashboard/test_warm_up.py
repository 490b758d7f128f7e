import threading
import time

import pytest
from flask import Flask

from dashboard_data import made_context
from leap_explorer.dashboard.parts.histograms import prepare_bins
from leap_explorer.dashboard.views.labels.review import ranking
from leap_explorer.dashboard.warm_up import Preparable, Traffic, prepare, prepare_in_background, steps
from leap_explorer.errors import ExplorerError
from leap_explorer.insights.rows import NotApplicable


class PlainReader:
    def text(self, sample_id):
        return None

    def label_csv(self, decisions):
        raise AssertionError("Nobody asks for labels here.")


class SlowReader(PlainReader):
    """What it does at first is noted."""

    def __init__(self):
        self.done = threading.Event()

    def preparation(self):
        return [self.done.set]


class TestSteps:
    def test_the_readers_come_first(self):
        reader = SlowReader()
        context = made_context(reader=reader)
        found = steps(context)
        assert isinstance(reader, Preparable)
        assert found[:2] == [reader.done.set, context.corpus.prepare]
        assert [step.func for step in found[2:]] == [prepare_bins, ranking]

    @pytest.mark.parametrize(("reader", "count"), [(None, 2), (PlainReader(), 3)])
    def test_a_reader_need_not_have_any(self, reader, count):
        assert len(steps(made_context(reader=reader))) == count


class TestPrepare:
    def failing(self, error):
        def step():
            raise error

        return step

    @pytest.mark.parametrize("error", [ExplorerError("No model at here.h5."), RuntimeError("a bug")])
    def test_what_fails_is_told_and_the_next_is_done(self, error, caplog):
        done = []
        prepare([self.failing(error), lambda: done.append(True)])
        assert done == [True]
        assert str(error) in caplog.text

    def test_what_a_run_does_not_allow_is_no_failure(self, caplog):
        prepare([self.failing(NotApplicable("a regression"))])
        assert caplog.text == ""


class TestTraffic:
    @pytest.fixture
    def server(self):
        server = Flask("toy")
        server.go_on = threading.Event()
        server.add_url_rule("/", view_func=lambda: str(server.go_on.wait(10)))
        return server

    def test_waits_while_a_request_is_open(self, server):
        traffic = Traffic(server)
        asking = threading.Thread(target=server.test_client().get, args=("/",), daemon=True)
        waiting = threading.Thread(target=traffic.wait_for_quiet, args=(0.05,), daemon=True)
        asking.start()
        while not traffic._open:
            time.sleep(0.01)
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive()
        server.go_on.set()
        waiting.join(10)
        assert not waiting.is_alive()

    def test_a_request_that_fails_is_over_too(self, server):
        traffic = Traffic(server)
        assert server.test_client().get("/nowhere").status_code == 404
        traffic.wait_for_quiet(0.01)

    def test_the_reader_is_prepared_where_nobody_asks_for_anything(self, server):
        reader = SlowReader()
        thread = prepare_in_background(server, made_context(reader=reader))
        assert thread.daemon
        assert reader.done.wait(20)
        thread.join(20)
