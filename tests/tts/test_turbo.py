"""How torch is set up for Chatterbox."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.tts import turbo


@pytest.fixture
def _switches_put_back() -> Iterator[None]:
    from torch.backends import cuda, cudnn

    before = (cuda.matmul.allow_tf32, cudnn.allow_tf32, cudnn.benchmark)
    yield
    cuda.matmul.allow_tf32, cudnn.allow_tf32, cudnn.benchmark = before


@pytest.mark.usefixtures("_switches_put_back")
def test_an_nvidia_gpu_gets_tf32_and_the_fastest_kernels() -> None:
    from torch.backends import cuda, cudnn

    cuda.matmul.allow_tf32 = cudnn.allow_tf32 = cudnn.benchmark = False
    turbo.prepare("cpu")
    assert not cudnn.benchmark
    turbo.prepare("cuda")
    assert (cuda.matmul.allow_tf32, cudnn.allow_tf32, cudnn.benchmark) == (True, True, True)


def test_speaking_gathers_no_gradients() -> None:
    import torch

    weights = torch.ones(2, 2, requires_grad=True)
    with turbo.inference():
        product = weights @ weights
    assert product.is_inference()
