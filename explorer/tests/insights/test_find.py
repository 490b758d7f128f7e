import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from insight_runs import columns_of, make_run
from leap_explorer.errors import ExplorerError
from leap_explorer.insights import Insight, describe, find_insights, insights_table, run_check, select, write_csvs
from leap_explorer.insights.export import write_checks
from leap_explorer.insights.filters import Condition
from leap_explorer.insights.find import _merged, _with_ids_of_their_own
from leap_explorer.insights.insight import new_insight, plain, slug
from leap_explorer.insights.kinds import evidence_in_words


@pytest.fixture(scope="module")
def run():
    """A run with something planted for every kind."""
    generator = np.random.default_rng(3)
    oov = generator.random(900)
    words = generator.normal(200, 40, 900)
    words[400:] += 80
    loss = generator.exponential(0.4, 900) * np.where(oov >= 0.8, 3.0, 1.0)
    loss[:400] *= 0.3
    samples = make_run(900, training=400, loss=loss, oov=oov, words=words)
    samples["cluster"] = pd.array(generator.integers(0, 3, 900), dtype="Int16")
    samples["outlier_score"] = np.where(np.arange(900) >= 850, 9.0, generator.random(900)).astype(np.float32)
    samples.loc[[401, 402], "input_hash"] = samples["input_hash"][400]
    samples.loc[410, "input_hash"] = samples["input_hash"][0]
    samples["text"] = "the content of a sample"
    return samples


@pytest.fixture(scope="module")
def found(run):
    return find_insights(run, columns_of(run))


def test_every_kind_ranked(found):
    kinds = {insight.subkind or insight.kind for insight in found.insights}
    assert kinds == {
        "low_performance",
        "over_fitting",
        "out_of_distribution",
        "duplication",
        "data_leakage",
        "domain_gap",
        "mislabeled",
    }
    severities = [insight.severity for insight in found.insights]
    assert severities == sorted(severities, reverse=True)
    assert all(0 <= severity <= 1 for severity in severities)
    assert set(found.skipped) == {"robustness"}  # nothing was simulated
    assert len({insight.id for insight in found.insights}) == len(found.insights)


def _one(name, value):
    return (Condition(f"metadata_{name}", "==", value),)


def test_insights_of_the_same_samples_are_one(run):
    bad = run["metadata_oov"] >= 0.8
    samples = run.assign(metadata_kind=np.where(bad, "odd", "even"), metadata_code=bad.astype(int))
    of = {"title": "", "n_total": len(run), "evidence": {}}
    found = [
        new_insight(
            samples, kind, (name,), severity=severity, conditions=(Condition(f"metadata_{name}", "==", value),), **of
        )
        for kind, name, value, severity in (
            ("domain_gap", "kind", "odd", 0.5),
            ("domain_gap", "code", 1, 0.4),
            ("duplication", "code", 1, 0.3),
            ("domain_gap", "code", 0, 0.2),
        )
    ]
    merged = _merged(samples, found, None)
    assert [one.id for one in merged] == [found[0].id, found[2].id, found[3].id]
    assert evidence_in_words(merged[0])[-1] == ("The same samples", f"{describe(found[1].filter)}.")


def test_filters_json_and_checks(run, found):
    for insight in found.insights:
        assert select(run, insight.filter).sum() == insight.n_samples
        assert Insight.from_dict(json.loads(json.dumps(insight.to_dict(), allow_nan=False))) == insight
        result = run_check(run, insight.test)
        assert result.passed, result.message


def test_losses_that_double_break_every_check_of_a_loss(run, found):
    worse = run.assign(loss=run["loss"] * 3)
    of_loss = [insight.test for insight in found.insights if insight.test.metric == "loss"]
    assert len(of_loss) >= 5
    assert not any(run_check(worse, test).passed for test in of_loss)


def test_what_the_data_does_not_allow_is_skipped():
    samples = make_run(50, training=50).drop(columns=["input_hash", "probability_negative"])
    found = find_insights(samples, columns_of(samples))
    assert found.insights == []
    assert set(found.skipped) == {
        "low_performance",
        "over_fitting",
        "out_of_distribution",
        "duplication",
        "data_leakage",
        "domain_gap",
        "mislabeled",
        "robustness",
    }
    assert all(found.skipped.values())


@pytest.mark.parametrize("n", [0, 1])
def test_hardly_any_samples(n):
    samples = make_run(n, training=0)
    assert find_insights(samples, columns_of(samples)).insights == []


def test_unknown_domain(run):
    with pytest.raises(ExplorerError, match="no column 'metadata_film'"):
        find_insights(run, columns_of(run), domain="metadata_film")


def test_equal_ids_are_numbered(found):
    first, second = found.insights[:2]
    named = _with_ids_of_their_own([first, replace(second, id=first.id)])
    assert [insight.id for insight in named] == [first.id, f"{first.id}-2"]


def test_slug_and_plain():
    assert slug("low_performance", "metadata_genre", "Sci-Fi & more/..") == "low_performance-metadata_genre-sci-fi-more"
    assert len(slug("x" * 500)) == 120
    data = plain({"a": np.float32(0.5), "b": (np.int64(1), np.nan, pd.NA), "c": np.array([True])})
    assert data == {"a": 0.5, "b": [1, None, None], "c": [True]}
    assert type(data["b"][0]) is int


@pytest.mark.parametrize("data", [None, [], {}, {"id": "x"}, {"id": "x", "filter": [], "test": None, "extra": 1}])
def test_no_insight(data):
    with pytest.raises(ExplorerError, match="This is no insight"):
        Insight.from_dict(data)


def test_the_label_is_written_beside_the_number(found):
    assert replace(found.insights[0], severity=0.02).to_dict()["severity_label"] == "medium"


def test_an_insight_of_an_older_version_still_loads(found):
    data = found.insights[0].to_dict()
    del data["severity_interval"]
    assert Insight.from_dict(data) == replace(found.insights[0], severity_interval=None)


class TestExport:
    def test_table(self, found):
        rows = insights_table(found.insights)
        assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))
        first = found.insights[0]
        assert rows[0]["title"] == first.title
        assert rows[0]["samples"] == f"{first.n_samples:,} of {first.n_total:,}"
        assert rows[0]["filter"] == describe(first.filter)
        assert insights_table([]) == []

    def test_csvs(self, run, found, tmp_path):
        paths = write_csvs(found.insights, run, tmp_path / "csv")
        assert {path.name for path in paths} == {path.name for path in (tmp_path / "csv").iterdir()}
        assert len(paths) == len(found.insights) + 1
        overview = pd.read_csv(tmp_path / "csv" / "insights.csv")
        assert overview["id"].tolist() == [insight.id for insight in found.insights]
        for insight in found.insights:
            table = pd.read_csv(tmp_path / "csv" / f"{insight.id}.csv")
            assert list(table.columns) == ["id", "subset", "ground_truth", "prediction", "loss"]
            assert table["id"].tolist() == run["id"][select(run, insight.filter)].tolist()
        assert not any("content" in path.read_text() for path in paths)

    def test_no_insights(self, run, tmp_path):
        (path,) = write_csvs([], run, tmp_path)
        assert len(pd.read_csv(path)) == 0

    def test_a_failure_leaves_the_old_file(self, found, tmp_path, monkeypatch):
        path = write_checks([found.insights[0].test], tmp_path / "checks.json")
        before = path.read_text()

        def refuse(*_):
            raise OSError("no space left")

        monkeypatch.setattr("pathlib.Path.replace", refuse)
        with pytest.raises(ExplorerError, match=r"checks\.json cannot be written: no space left"):
            write_checks([], path)
        assert [one.name for one in tmp_path.iterdir()] == ["checks.json"]
        assert path.read_text() == before
