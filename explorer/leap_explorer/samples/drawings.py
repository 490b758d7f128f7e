"""What a visualizer draws, as data: small, and free of code-loader's classes, so that any process can hold it.

Pictures are PNG files of at most `LONGEST` pixels a side; texts and curves are cut where no eye would follow.
"""

from dataclasses import dataclass, field
from typing import Any

LONGEST = 1024  #: pixels of a picture's longer side
MOST_WORDS = 5_000
MOST_POINTS = 20_000  #: of a point cloud, and of a curve
MOST_FRAMES = 60
MOST_BOXES = 300

#: The visualizers that show pictures, as code-loader's `LeapDataType` names them.
PICTURE_TYPES = frozenset(("Image", "ImageWithBBox", "ImageMask", "ImageWithHeatmap", "Video"))


@dataclass(frozen=True)
class Picture:
    """A PNG file."""

    png: bytes
    width: int  #: as the visualizer gave it, in pixels
    height: int


@dataclass(frozen=True)
class Text:
    """Words, each with a score where a heat-map was laid on them."""

    words: tuple[str, ...]
    scores: tuple[float, ...] | None = None


@dataclass(frozen=True)
class MarkedText:
    """Words of classes."""

    words: tuple[str, ...]
    classes: tuple[int, ...]  #: of each word the index in `labels`
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Image:
    """One picture."""

    picture: Picture


@dataclass(frozen=True)
class Box:
    """A rectangle in shares of the picture."""

    x: float  #: of its centre, 0 to 1 from the left
    y: float  #: of its centre, 0 to 1 from the top
    width: float
    height: float
    confidence: float
    label: str
    rotation: float = 0.0  #: degrees, clockwise


@dataclass(frozen=True)
class Boxes:
    """A picture with rectangles, the most confident first."""

    picture: Picture
    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class Layer:
    """A transparent picture to be laid over another one."""

    label: str
    picture: Picture
    color: str | None  #: of its pixels, as #rrggbb; None where they have several


@dataclass(frozen=True)
class Layers:
    """A picture with a mask's classes or with heat-maps over it."""

    picture: Picture
    layers: tuple[Layer, ...]


@dataclass(frozen=True)
class Lines:
    """Curves over one axis."""

    x: tuple[float, ...]
    lines: tuple[tuple[float, ...], ...]  #: one a curve, each as long as `x`; NaN leaves a gap
    names: tuple[str, ...]
    x_label: str | None = None
    y_label: str | None = None


@dataclass(frozen=True)
class Bars:
    """A number a label, beside the right one where it is known."""

    labels: tuple[str, ...]
    values: tuple[float, ...]
    truth: tuple[float, ...] | None


@dataclass(frozen=True)
class Clip:
    """Pictures in a row."""

    frames: tuple[Picture, ...]
    count: int  #: of the frames that the visualizer gave


@dataclass(frozen=True)
class Sound:
    """A WAV file of one channel, 16 bits, and what there is to see of it."""

    wav: bytes
    seconds: float
    visual: "Image | Lines"


@dataclass(frozen=True)
class Box3D:
    """A box that stands on the ground, turned about the vertical axis."""

    corners: tuple[tuple[float, float, float], ...]  #: eight: four below, then four above them in the same order
    label: str
    confidence: float
    is_truth: bool


@dataclass(frozen=True)
class Points:
    """Points in space."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    z: tuple[float, ...]
    intensity: tuple[float, ...] | None
    boxes: tuple[Box3D, ...]


Content = Text | MarkedText | Image | Boxes | Layers | Lines | Bars | Clip | Sound | Points


@dataclass(frozen=True)
class Drawing:
    """What one visualizer made of a sample, or why it made nothing."""

    name: str  #: the visualizer's
    content: Content | None
    problem: str | None = None
    notes: tuple[str, ...] = field(default=())  #: what was cut or changed to show it


@dataclass(frozen=True)
class HeatDrawings:
    """What drove a model on a sample: heat-maps on what the visualizers draw."""

    drawings: tuple[Drawing, ...]
    method: str
    settings: dict[str, Any]
    warning: str | None  #: why the scores must not be shown
