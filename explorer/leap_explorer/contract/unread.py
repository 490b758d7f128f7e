"""What an integration registers and is not read here, so that it can be told before an evaluation."""

from collections.abc import Collection

from code_loader.inner_leap_binder import global_leap_binder


def unread(spaces: Collection[str], called: Collection[str], makes_simulations: bool) -> list[str]:
    """In words; empty where all is read.

    Args:
        spaces: the latent spaces that are read.
        called: the metrics of elements that the integration test calls.
        makes_simulations: whether samples of simulations are evaluated.
    """
    setup = global_leap_binder.setup_container
    of_elements = [name for name, space in setup.custom_latent_spaces.items() if space.instance_aware]
    several = {
        "the uncalled metrics of elements": [
            one.metric_handler_data.name for one in setup.instance_metrics if one.metric_handler_data.name not in called
        ],
        "the latent spaces of elements": of_elements,
        "the simulations": [] if makes_simulations else [one.name for one in setup.simulations],
        "the unused latent spaces": sorted(set(setup.custom_latent_spaces) - set(spaces) - set(of_elements)),
        "the metrics of chains": [one.metric_handler_data.name for one in setup.autoregressive_metrics],
        "the losses of chains": [one.custom_loss_handler_data.name for one in setup.autoregressive_losses],
        "the visualizers of chains": [one.visualizer_handler_data.name for one in setup.autoregressive_visualizers],
    }
    chains = ["the steps of chains of model calls"] if setup.autoregressive_step else []
    return chains + [f"{what} {', '.join(names)}" for what, names in several.items() if names]
