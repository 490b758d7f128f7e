"""Samples that an integration makes by its simulations, as samples of its subset `additional`."""

from collections.abc import Mapping, Sequence
from typing import Any

from code_loader.contract import datasetclasses
from code_loader.contract.datasetclasses import PreprocessResponse, SimulationHandler
from code_loader.contract.sim_config import CategoricalBounds, IntBounds, SimParamConfig, sample_sim_params
from code_loader.inner_leap_binder import global_leap_binder

from leap_explorer.contract.recipe import SEPARATOR, Recipe
from leap_explorer.errors import ExplorerError

Value = int | float | str


def simulated(recipe: Recipe) -> PreprocessResponse:
    """What the simulation gives; of parameters that are not written, code-loader's own choice.

    Raises:
        ExplorerError: there is no such simulation or parameter, or a value is out of its bounds.
    """
    simulation = _simulation(recipe.name)
    known = simulation.sim_config
    if unknown := sorted(set(recipe.written()) - set(known)):
        raise ExplorerError(f"The simulation {recipe.name} has no parameter {unknown[0]!r}; it has {', '.join(known)}.")
    parameters = sample_sim_params(known) | {name: _value(name, text, known) for name, text in recipe.written().items()}
    datasetclasses._simulation_context["active"] = True
    try:
        return simulation.function(**parameters, N=recipe.samples, seed=recipe.seed)
    finally:
        datasetclasses._simulation_context["active"] = False


def add_samples(loader: Any, recipes: Sequence[Recipe]) -> None:
    """Make the simulations' samples known to code-loader, by the ids that the integration gives them.

    An id that names no change (`SOURCE~CHANGE`) gets the recipe as its change, and a source that is nobody's.

    Raises:
        ExplorerError: see `simulated`; or two samples have one id.
    """
    taken: set[str] = set()
    for recipe in recipes:
        response = simulated(recipe)
        ids = [
            one if SEPARATOR in (one := str(given)) else f"#{one}{SEPARATOR}{recipe.text}"
            for given in response.sample_ids
        ]
        if taken & set(ids):
            raise ExplorerError(f"Two simulated samples have the id {min(taken & set(ids))!r}: name them apart.")
        taken |= set(ids)
        loader._synthetic_lookup |= {name: (response, one) for name, one in zip(ids, response.sample_ids, strict=True)}
        loader._extend_additional_preprocess(ids)


def _simulation(name: str) -> SimulationHandler:
    simulations = {one.name: one for one in global_leap_binder.setup_container.simulations}
    if name not in simulations:
        known = ", ".join(simulations) or "none"
        raise ExplorerError(f"The integration has no simulation {name!r}; there are: {known}.")
    return simulations[name]


def _value(name: str, text: str, known: Mapping[str, SimParamConfig]) -> Value:
    bounds = known[name].bounds
    if isinstance(bounds, CategoricalBounds):
        if text not in bounds.values:
            raise ExplorerError(f"{name} is one of {', '.join(bounds.values)}, not {text!r}.")
        return text
    try:
        value = int(text) if isinstance(bounds, IntBounds) else float(text)
    except ValueError as error:
        kind = "a whole number" if isinstance(bounds, IntBounds) else "a number"
        raise ExplorerError(f"{name} is {kind}, not {text!r}.") from error
    if not bounds.min <= value <= bounds.max:
        raise ExplorerError(f"{name} is from {bounds.min} to {bounds.max}, not {text}.")
    return value
