"""Chatterbox Turbo by its own classes, to hold our fast one against."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from app.tts import turbo
from tests.checkpoints import shared_checkpoint


@pytest.fixture(scope="session")
def stock() -> Any:
    """The stock model with random weights, on the CPU. Shared by all tests: to be left as it is."""
    import torch

    # Other programs' work would make two threads wait for each other on a small machine.
    torch.set_num_threads(1)
    return turbo.import_turbo().from_local(shared_checkpoint(), "cpu")


@pytest.fixture(scope="session")
def lively_s3gen(stock: Any) -> Any:
    """A stock S3Gen whose random weights are strong enough for everything in it to be heard: freshly
    made, its vocoder hums by its biases whatever it is told. To be left as it is."""
    import copy

    s3gen = copy.deepcopy(stock.s3gen)
    enliven(s3gen)
    return s3gen


def enliven(s3gen: Any) -> None:
    """Give ``s3gen`` norms, biases, bends and gains that all matter, and a voice of 0 to 150 Hz."""
    import torch

    torch.manual_seed(2)
    with torch.no_grad():
        for part in (s3gen.flow, s3gen.mel2wav):
            for name, parameter in part.named_parameters():
                if name.endswith("original0"):  # what weight norm makes of a row's length
                    parameter.uniform_(0.5, 1.0)
                elif name.endswith("alpha"):
                    parameter.uniform_(-1.5, 1.5)
                    parameter[0] = 0
                elif parameter.ndim == 1:
                    parameter.add_(0.1 * torch.randn_like(parameter))
        vocoder = s3gen.mel2wav
        vocoder.conv_post.bias[:9] -= 2
        vocoder.f0_predictor.classifier.weight.mul_(500)


@pytest.fixture(scope="module")
def tiny() -> Iterator[Any]:
    """The module with a tiny T3 and what goes with it."""
    import torch

    from tests.tts.turbo import tiny

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # other programs' work would make two wait for each other
    yield tiny
    torch.set_num_threads(threads)
