"""What showing samples asks of an integration and its model: functions that a `Door` calls in their process."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from code_loader.contract.datasetclasses import DatasetSample

from leap_explorer.contract.failures import describe_failure
from leap_explorer.contract.host import Host
from leap_explorer.contract.wiring import WiredFunction
from leap_explorer.errors import ExplorerError
from leap_explorer.explain.any_model.heats import Aim, heats_of
from leap_explorer.explain.any_model.visualizations import Unheated, heat_visualizations
from leap_explorer.samples.drawings import (
    PICTURE_TYPES,
    Boxes,
    Clip,
    Content,
    Drawing,
    HeatDrawings,
    Image,
    Layers,
    Picture,
)
from leap_explorer.samples.encode import drawing
from leap_explorer.samples.pictures import smaller


def draw_sample(host: Host, subset: str, sample_id: str, has_model: bool) -> tuple[Drawing, ...]:
    """What each visualizer makes of a sample, in the order of the integration test.

    One that raises gives a drawing with the reason, and takes none of the others with it.

    Args:
        sample_id: as a run has it, which is a text.
        has_model: whether there is a model to be asked for what some visualizers show.

    Raises:
        ExplorerError: there is no such sample, or it cannot be read.
    """
    integration = host.integration
    sample = integration.sample(subset, integration.id_of(subset, sample_id))
    needs_model = any(map(_shows_prediction, integration.visualizers))
    predictions, problem = _predictions(host, sample) if has_model and needs_model else ([], None)
    why = problem or "The model is not at hand, and this shows what it says."
    return tuple(_drawn(host, visualizer, sample, predictions, why) for visualizer in integration.visualizers)


def draw_heats(host: Host, subset: str, sample_id: str, target: Aim, output: int) -> HeatDrawings:
    """What drove the model on a sample, laid on what the visualizers draw of it.

    Args:
        sample_id: as a run has it, which is a text.
        target, output: as `heats_of` has them.

    Raises:
        ExplorerError: the sample or the model cannot be asked.
    """
    own_id = host.integration.id_of(subset, sample_id)
    heats = heats_of(host, subset, own_id, target, output)
    shown = [] if heats.warning else heat_visualizations(host, subset, own_id, heats)
    return HeatDrawings(tuple(_heated(*one) for one in shown), heats.method, heats.settings, heats.warning)


def _heated(name: str, shown: Any) -> Drawing:
    return Drawing(name, None, shown.reason) if isinstance(shown, Unheated) else drawing(name, shown)


def draw_thumbnail(host: Host, subset: str, sample_id: str, has_model: bool) -> Picture | None:
    """A small picture of a sample: what the first visualizer that shows a picture of it shows.

    Those that need no model come first. None where none shows a picture.
    """
    integration = host.integration
    of_pictures = [one for one in integration.visualizers if integration.visualizer_types[one.name] in PICTURE_TYPES]
    chosen = min(of_pictures, key=_shows_prediction, default=None)
    if chosen is None or (_shows_prediction(chosen) and not has_model):
        return None
    sample = integration.sample(subset, integration.id_of(subset, sample_id))
    predictions = _predictions(host, sample)[0] if _shows_prediction(chosen) else []
    return smaller(_picture_of(_drawn(host, chosen, sample, predictions, "").content))


def _picture_of(content: Content | None) -> Picture | None:
    if isinstance(content, Image | Boxes | Layers):
        return content.picture
    return content.frames[0] if isinstance(content, Clip) else None


def read_words(host: Host, subset: str, sample_ids: Sequence[str]) -> list[str | None]:
    """The words that the integration shows of each sample; None of one that has none, or cannot be read."""
    host.integration.text_visualizer  # noqa: B018 - opened before the first sample's time is counted
    return [_text(host, subset, sample_id) for sample_id in sample_ids]


def _text(host: Host, subset: str, sample_id: str) -> str | None:
    host.tell(sample_id)
    integration = host.integration
    try:
        words = integration.words(integration.sample(subset, integration.id_of(subset, sample_id)))
    except (Exception, SystemExit):  # of any type: it is the integration's code; the run has the sample's error
        return None
    return " ".join(filter(None, words)) if words else None


def _shows_prediction(visualizer: WiredFunction) -> bool:
    return any(source.kind == "prediction" for source in visualizer.arguments.values())


def _predictions(host: Host, sample: DatasetSample) -> tuple[list[Any], str | None]:
    """The model's outputs for one sample, unbatched; or why there are none."""
    try:
        return host.predictions(sample), None
    except ExplorerError as error:
        return [], str(error)
    except (Exception, SystemExit) as error:  # of any type: it is the integration's code
        return [], describe_failure(error, host.folder)


def _drawn(host: Host, visualizer: WiredFunction, sample: DatasetSample, predictions: list[Any], why: str) -> Drawing:
    host.tell(f"the visualizer {visualizer.name}")
    problem = partial(Drawing, visualizer.name, None)
    if _shows_prediction(visualizer) and not predictions:
        return problem(why)
    try:
        return drawing(visualizer.name, host.integration.visualize(visualizer, sample, predictions))
    except ExplorerError as error:
        return problem(str(error))
    except (Exception, SystemExit) as error:  # of any type: it is the integration's code
        return problem(describe_failure(error, host.folder))
