import numpy as np
import pytest

from leap_explorer.insights.calibration import calibration_change, calibration_error


def model(n, seed, excess):
    """Confidences of a model that is right less often than it says, by the excess."""
    generator = np.random.default_rng(seed)
    confidence = generator.uniform(0.6, 1.0, n)
    return confidence, (generator.random(n) < confidence - excess).astype(float)


def test_it_is_the_difference_of_the_two_errors():
    base, new = model(500, 0, 0.0), model(500, 1, 0.2)
    first, second, change = calibration_change(base, new)
    errors = [calibration_error(*one).value for one in (base, new)]
    assert (first, second) == pytest.approx(errors)
    assert change.value == pytest.approx(errors[1] - errors[0])
    assert change.low < change.value < change.high
    assert change.excludes_zero


def test_the_interval_of_an_error():
    found = calibration_error(*model(500, 1, 0.2))
    assert 0.1 < found.low < found.value < found.high < 0.3


def test_the_interval_of_an_error_ends_at_zero():
    assert calibration_error(np.full(10, 0.8), np.repeat([1.0, 0.0], [8, 2]), 1).low == 0.0


def test_of_one_model_nothing_changes():
    one = model(300, 0, 0.1)
    _, _, change = calibration_change(one, one)
    assert (change.value, change.low, change.high) == (0.0, 0.0, 0.0)


def test_without_samples():
    nothing = np.empty(0), np.empty(0)
    assert np.isnan(calibration_change(nothing, nothing)[0])
