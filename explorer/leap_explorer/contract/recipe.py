"""Which samples an integration is to simulate."""

from dataclasses import dataclass

from leap_explorer.errors import ExplorerError

#: Between a simulated sample's source and its change, in its id: `train-neg-00012~typos:rate=0.05`.
SEPARATOR = "~"


@dataclass(frozen=True)
class Recipe:
    """A simulation and its parameters, as a person writes them: `typos:rate=0.05,kind=swaps`."""

    text: str
    samples: int  #: how many to make
    seed: int

    @property
    def name(self) -> str:
        return self.text.partition(":")[0]

    def written(self) -> dict[str, str]:
        """The parameters by name.

        Raises:
            ExplorerError: one has no value.
        """
        pairs = [part.partition("=") for part in self.text.partition(":")[2].split(",") if part]
        if wrong := [name for name, sign, value in pairs if not (sign and value)]:
            raise ExplorerError(f"--simulate is such as typos:rate=0.05,kind=all; {wrong[0]!r} has no value.")
        return {name.strip(): value.strip() for name, _, value in pairs}
