"""How tests of BERT's training compute. Imports torch."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch


@contextmanager
def plain_arithmetic() -> Iterator[pytest.MonkeyPatch]:
    """On the CPU, in float32 (exact, and no seconds spent on making bfloat16 kernels), on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.cuda, "is_available", lambda: False)
        patch.setattr("IMDb.models.bert_training.supports_bfloat16", lambda device: False)
        yield patch
    torch.set_num_threads(threads)
