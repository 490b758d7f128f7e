from types import SimpleNamespace

import numpy as np
import pytest

from leap_explorer.contract.wiring import Output
from leap_explorer.errors import ExplorerError
from leap_explorer.explain.any_model.value import number_of

LOGITS = np.array([[1.0, -2.0, 4.0]])
PROBABILITIES = np.array([[0.7, 0.2, 0.1]])


def integration(*outputs):
    return SimpleNamespace(outputs=list(outputs) or [Output(None)])


def number(values, index, output=None):
    output = output or Output(None)
    return number_of(integration(output), [values], 0, index).values([values])


def test_a_logit_as_it_is_and_the_logarithm_of_a_probability():
    assert number(LOGITS, 2) == pytest.approx([4.0])
    assert number(PROBABILITIES, 1) == pytest.approx([np.log(0.2)])


def test_of_one_number_the_other_label_is_its_negative():
    value, two = np.array([[0.8]]), Output("kind", ("cat", "dog"))
    assert number(value, 1, two) == pytest.approx([0.8])
    assert number(value, 0, two) == pytest.approx([-0.8])
    assert number(value, 0) == pytest.approx([0.8])


def test_of_positions_the_mean_on_the_axis_of_the_classes():
    values = np.arange(12.0).reshape(1, 3, 4)
    assert number(values, 1) == pytest.approx([(1 + 5 + 9) / 3])
    assert number(values, 2, Output("pixels", ("a", "b", "c"), channel_dim=1)) == pytest.approx([9.5])


def test_tensors_give_the_same():
    tf = pytest.importorskip("tensorflow")
    for values, index in ((LOGITS, 1), (PROBABILITIES, 0), (np.arange(12.0).reshape(1, 3, 4), 3)):
        found = number_of(integration(), [values], 0, index)
        assert found.tensor_values([tf.constant(values)]).numpy() == pytest.approx(found.values([values]))


@pytest.mark.parametrize(("output", "index"), [(0, 3), (0, -1), (1, 0)])
def test_what_is_not_there_is_said(output, index):
    with pytest.raises(ExplorerError, match="so there is no"):
        number_of(integration(), [LOGITS], output, index)
