import pytest

from leap_explorer.contract.recipe import Recipe
from leap_explorer.errors import ExplorerError


def test_what_a_person_writes():
    recipe = Recipe("typos:rate=0.05, kind=all", 10, 0)
    assert (recipe.name, recipe.written()) == ("typos", {"rate": "0.05", "kind": "all"})
    assert (Recipe("fog", 1, 0).name, Recipe("fog", 1, 0).written()) == ("fog", {})


@pytest.mark.parametrize("text", ["typos:rate", "typos:rate=", "typos:kind=all,rate"])
def test_a_parameter_without_a_value(text):
    with pytest.raises(ExplorerError, match="'rate' has no value"):
        Recipe(text, 1, 0).written()
