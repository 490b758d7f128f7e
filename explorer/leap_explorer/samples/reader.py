"""The samples of a run as its integration shows them, asked for in a process of its own."""

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal

from leap_explorer.contract.door import TIME_LIMIT, Door
from leap_explorer.errors import ExplorerError
from leap_explorer.explain.reader import Explanation
from leap_explorer.extras import require
from leap_explorer.file_hash import sha256_of
from leap_explorer.runs.run import Run
from leap_explorer.runs.simulated import recipes_of
from leap_explorer.runs.sources import Sources
from leap_explorer.samples.drawings import PICTURE_TYPES, Drawing, HeatDrawings, Picture
from leap_explorer.samples.own_texts import declared_texts, explain_text, read_texts, write_label_csv

_KEPT_SAMPLES, _KEPT_PICTURES = 256, 2048
_HINT = "Say where it is now: --integration DIR."


class RunSamples:
    """Draws a run's samples. May be used from several threads; the integration is opened at the first question."""

    def __init__(
        self,
        run: Run,
        given: Sources | None = None,
        time_limit: float = TIME_LIMIT,
        trusts_model: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """
        Args:
            given: where integration and model are, whatever has become of them since the run; by default where the
                run says they were, if they are still what they were.
            time_limit: seconds that the integration's code may take for one step.
            trusts_model: whether code that the model file holds may be run.
            environment: variables of the integration's process, by default this one's.
        """
        self._run, self._given = run, given
        self._time_limit, self._trusts_model, self._environment = time_limit, trusts_model, environment
        self._door: Door | None = None
        self._has_model = False
        self._other_model: str | None = None  # why the model is not the one of the run
        self._notes: list[str] = []
        self._lock = threading.Lock()
        self._kept, self._kept_pictures = lru_cache(_KEPT_SAMPLES)(self._ask), lru_cache(_KEPT_PICTURES)(self._ask)

    @property
    def shows_text(self) -> bool:
        """Whether there are texts: the integration's own, or the words that it showed when the run was made."""
        return self.own_texts is not None or self._run.words is not None

    @cached_property
    def own_texts(self) -> str | None:
        """What the integration names as its `OwnTexts`; None where it names nothing, or is gone.

        Raises:
            ExplorerError: it names something impossible.
        """
        sources = self._given or self._run.sources
        return declared_texts(sources.integration) if sources else None

    @property
    def shows_pictures(self) -> bool:
        """Whether a visualizer showed pictures when the run was made."""
        return any(kind in PICTURE_TYPES for kind in self._run.info.get("visualizers", {}).values())

    @property
    def notes(self) -> Sequence[str]:
        """What differs from the time of the run, in words; known once a sample was drawn."""
        return tuple(self._notes)

    def drawings(self, subset: str, sample_id: str) -> tuple[Drawing, ...]:
        """What the integration's visualizers make of a sample.

        Raises:
            ExplorerError: the integration is gone, has changed since the run, or cannot read the sample.
        """
        from leap_explorer.samples.in_host import draw_sample

        self._opened()  # then it is known whether there is a model
        return self._kept(draw_sample, subset, sample_id, self._has_model)

    def heats(self, subset: str, sample_id: str, target: int | Literal["loss"]) -> HeatDrawings:
        """What drove the model on a sample, on what the visualizers draw of it.

        Args:
            target: the number of a class or of an output's number, or the loss.

        Raises:
            ExplorerError: as `drawings` does, or the model is not at hand.
        """
        from leap_explorer.samples.in_host import draw_heats

        self._opened()
        if not self._has_model:
            raise ExplorerError("The model is not at hand, so nothing can be said of what drove it.")
        return self._kept(draw_heats, subset, sample_id, target, self._run.task.output_index)

    def thumbnail(self, subset: str, sample_id: str) -> Picture | None:
        """A small picture of the sample; None where no visualizer shows one.

        Raises:
            ExplorerError: as `drawings` does.
        """
        from leap_explorer.samples.in_host import draw_thumbnail

        self._opened()
        return self._kept_pictures(draw_thumbnail, subset, sample_id, self._has_model)

    def texts(self, subset: str, sample_ids: Sequence[str]) -> list[str | None]:
        """Samples' texts as they were written, or else the words that the integration shows; None of one without.

        Raises:
            ExplorerError: as `drawings` does.
        """
        from leap_explorer.samples.in_host import read_words

        if self.own_texts:
            return self._ask(read_texts, self.own_texts, sample_ids)
        return self._ask(read_words, subset, sample_ids)

    def explain(self, text: str, target: str) -> Explanation:
        """What drives the model on a text, by the integration's `own_texts`.

        Args:
            target: a label or `loss`.

        Raises:
            ExplorerError: as `drawings` does, or the model is not the run's, or cannot be asked so.
        """
        self._opened()
        if self._other_model:
            raise ExplorerError(self._other_model)
        return self._ask(explain_text, self.own_texts, text, target)

    def label_csv(self, decisions: Sequence[Mapping[str, Any]]) -> str:
        """As `leap_explorer.explain.reader.TextReader` has it, by the integration's `own_texts`.

        Raises:
            ExplorerError: as `drawings` does.
        """
        return self._ask(write_label_csv, self.own_texts, decisions)

    def prepare(self) -> None:
        """Open integration and model now, by drawing the first sample.

        Raises:
            ExplorerError: as `drawings` does.
        """
        first = self._run.samples.iloc[0]
        self.drawings(str(first["subset"]), str(first["id"]))

    def close(self) -> None:
        """End the integration's process."""
        if self._door is not None:
            self._door.close()

    def _ask(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return self._opened().call(function, *arguments)

    def _opened(self) -> Door:
        """The door, once integration and model are known to be those of the run, or were given."""
        with self._lock:
            if self._door is None:
                require("Showing samples", "evaluate")
                self._door = self._open()
            return self._door

    def _open(self) -> Door:
        from leap_explorer.contract.opening import code_sha256

        sources = self._given or self._run.sources
        if sources is None:
            raise ExplorerError(f"The run {self._run.name} does not say where its integration is. {_HINT}")
        if not sources.integration.is_dir():
            raise ExplorerError(f"The integration is no longer in {sources.integration}. {_HINT}")
        self._other_model = _problem_of(sources.model, self._run)
        notes = [self._other_model] if self._other_model else []
        if code_sha256(sources.integration) != self._run.info.get("integration", {}).get("sha256"):
            if self._given is None:
                raise ExplorerError(
                    "The integration's code has changed since this run was made, so that it might show something else. "
                    "Evaluate anew, or add --integration DIR to see the samples as it draws them now."
                )
            notes.append("The integration's code has changed since this run was made; this is what it draws now.")
        is_asked = self._other_model is None or (self._given is not None and _is_there(sources.model))
        self._notes, self._has_model = notes, is_asked
        model = sources.model if is_asked else None
        recipes = recipes_of(self._run)
        return Door(sources.integration, model, self._time_limit, self._environment, self._trusts_model, recipes)


def _is_there(model: Path | None) -> bool:
    return model is not None and model.is_file()


def _problem_of(model: Path | None, run: Run) -> str | None:
    """Why the model is not that of the run; None where it is, or where the integration loads it itself."""
    if model is None:
        return None
    if not model.is_file():
        return f"The model is no longer at {model}, so that only what needs no model is drawn. Say where: --model FILE."
    is_same = sha256_of(model) == run.info["model"].get("sha256")
    return None if is_same else f"{model} is not the file that this run was made with. Evaluate it anew."
