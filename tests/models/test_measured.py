import json

import numpy as np
import pytest

from IMDb.errors import UserError
from IMDb.metrics import softmax
from IMDb.models.measured import MEASURED_NAME, fit_temperature, measured_section, read_measured, scores, write_measured
from IMDb.models.prediction import averaged


def made(sharpness, n=4000, seed=0):
    """Labels drawn by the models' own probabilities, and logits that are `sharpness` times too large."""
    generator = np.random.default_rng(seed)
    logits = np.stack([np.zeros(n), generator.normal(0, 2, n)], axis=1)
    labels = (generator.random(n) < softmax(logits)[:, 1]).astype(np.int64)
    return sharpness * logits, labels


class TestTemperature:
    @pytest.mark.parametrize("sharpness", [0.5, 1.0, 2.0])
    def test_takes_back_how_sure_a_model_makes_itself(self, sharpness):
        assert fit_temperature(*made(sharpness)) == pytest.approx(sharpness, rel=0.1)

    def test_changes_loss_and_calibration_and_no_prediction(self):
        logits, labels = made(2.0)
        found = scores(logits, labels, fit_temperature(logits, labels))
        assert found["after"]["loss"] < found["before"]["loss"]
        assert found["after"]["calibration"] < found["before"]["calibration"]
        assert found["accuracy"] == (logits.argmax(axis=1) == labels).mean()
        low, high = found["interval"]
        assert low < found["accuracy"] < high

    def test_by_hand(self):
        found = scores(np.array([[0.0, 0.0], [0.0, 50.0]]), np.array([0, 1]), 1.0)
        assert found["accuracy"] == 1.0
        assert found["before"]["loss"] == pytest.approx(np.log(2) / 2)


def test_the_mean_is_of_probabilities():
    one, other = np.array([[0.0, np.log(3.0)]]), np.array([[0.0, -np.log(3.0)]])
    np.testing.assert_allclose(softmax(averaged({"a": one, "b": other})), [[0.5, 0.5]], atol=1e-6)
    np.testing.assert_allclose(softmax(averaged({"a": one, "b": one})), softmax(one), atol=1e-6)


FOUND = {"own.csv, test": {"n": 2, "command": "imdb measure --test own.csv", "models": {}}}


class TestFile:
    def test_what_was_written_is_read(self, tmp_path):
        assert read_measured(tmp_path) is None
        write_measured(tmp_path, {"dense": "a"}, FOUND)
        assert read_measured(tmp_path) == {"models": {"dense": "a"}, "sources": FOUND}

    def test_other_sources_stay_as_long_as_the_models_do(self, tmp_path):
        write_measured(tmp_path, {"dense": "a"}, FOUND)
        write_measured(tmp_path, {"dense": "a"}, {"more": {}})
        assert list(read_measured(tmp_path)["sources"]) == ["own.csv, test", "more"]
        write_measured(tmp_path, {"dense": "b"}, {"more": {}})
        assert list(read_measured(tmp_path)["sources"]) == ["more"]

    @pytest.mark.parametrize("content", ["", "[]", '{"models": {}}', '{"models": 1, "sources": {}}'])
    def test_damaged(self, tmp_path, content):
        (tmp_path / MEASURED_NAME).write_text(content)
        with pytest.raises(UserError, match=r"measured\.json is damaged"):
            read_measured(tmp_path)


def test_the_section():
    logits, labels = made(2.0, n=100)
    facts = {"n": 100, "command": "imdb measure", "models": {"dense": scores(logits, labels, 2.0)}}
    section = measured_section({"models": {}, "sources": {"bundled, validation": facts, "x, test": facts}})
    rows = [row for row in section.splitlines() if row.startswith("| ")]
    assert len(rows) == 4
    assert rows[2].startswith("| bundled, validation, n = 100 | dense | ")
    assert section.count("`imdb measure`") == 1
    json.dumps(facts)
