import pytest

from IMDb import simulations
from IMDb.commands.robustness import SIMULATIONS
from leap_explorer.contract.recipe import Recipe

PARAMETERS = {
    one.name: one.parameters for one in vars(simulations).values() if isinstance(one, simulations.Simulation)
} | {"minimal_pairs": {"construct": simulations.CONSTRUCTS}}


@pytest.mark.parametrize("text", SIMULATIONS)
def test_what_is_tried_is_within_the_parameters(text):
    recipe = Recipe(text, 1, 0)
    for name, value in recipe.written().items():
        parameter = PARAMETERS[recipe.name][name]
        bounds = parameter["bounds"]
        if parameter["type"] is str:
            assert value in bounds["values"]
        else:
            assert bounds["min"] <= parameter["type"](value) <= bounds["max"]


def test_every_simulation_is_tried():
    assert {Recipe(text, 1, 0).name for text in SIMULATIONS} == set(PARAMETERS)
