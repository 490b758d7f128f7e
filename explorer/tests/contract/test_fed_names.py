import pytest

from leap_explorer.contract.fed_names import fed_names, in_models_order

ENCODERS = ["tokens", "mask"]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("model.run(None, {'ids': tokens, 'mask': mask})[0]", ["ids", "mask"]),
        ("fed = {'ids': tokens}\nout = model.run(None, fed)", ["ids"]),
        ("a.run(None, {'ids': x})\nb.run(None, {'ids': x})", ["ids"]),
        ("a.run(None, {'ids': x})\nb.run(None, {'other': x})", None),
        ("model.run(None, {model.get_inputs()[0].name: x})", None),
        ("model(x)", None),
        ("subprocess.run(['ls'])", None),
    ],
)
def test_names(source, names):
    assert fed_names(source) == names


def test_by_the_names_they_are_fed_under():
    assert in_models_order(ENCODERS, ["ids", "attention"], ["attention", "ids"]) == ["mask", "tokens"]


def test_by_their_own_names():
    assert in_models_order(ENCODERS, None, ["mask", "tokens"]) == ["mask", "tokens"]


def test_neither():
    assert in_models_order(ENCODERS, ["ids", "attention"], ["a", "b"]) is None
    assert in_models_order(ENCODERS, None, ["a"]) is None
