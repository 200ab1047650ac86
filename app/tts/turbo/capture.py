"""Recording work for the GPU once, to have it done again at the cost of a single call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Protocol

import torch

#: Runs before a recording: kernels are loaded and workspaces made at the first, on the recording's own
#: stream, and neither may happen while it records.
_REHEARSALS = 2


class Capture(Protocol):
    """Records work that reads and writes the same tensors each time, and never waits for the device."""

    def record(self, work: Callable[[], None]) -> Callable[[], None]:
        """Do ``work`` a few times, record it, and return what does it again. Raises what goes wrong."""
        ...

    def release(self) -> None:
        """Free all recordings, which must not be used any more."""
        ...


class EagerCapture:
    """Records nothing, and does the work itself each time: for devices without graphs."""

    def record(self, work: Callable[[], None]) -> Callable[[], None]:
        work()
        return work

    def release(self) -> None:
        pass


class CudaCapture:
    """CUDA graphs, which share their memory because no two of them ever run at the same time."""

    def __init__(self, device: torch.device, generators: Sequence[torch.Generator]) -> None:
        """``generators`` are all that the work draws from."""
        self._device = device
        self._generators = generators
        self._stream = torch.cuda.Stream(device)
        self._pool = torch.cuda.graph_pool_handle()
        self._graphs: list[Any] = []

    def record(self, work: Callable[[], None]) -> Callable[[], None]:
        graph = torch.cuda.CUDAGraph()
        for generator in self._generators:
            graph.register_generator_state(generator)
        waiting = torch.cuda.current_stream(self._device)
        self._stream.wait_stream(waiting)
        # The outer context gives the thread its own stream back, also when a capture cannot be ended.
        with torch.cuda.stream(self._stream):
            for _ in range(_REHEARSALS):
                work()
            self._record(graph, work)
        waiting.wait_stream(self._stream)
        self._graphs.append(graph)
        replay: Callable[[], None] = graph.replay
        return replay

    def release(self) -> None:
        torch.cuda.synchronize(self._device)
        for graph in self._graphs:
            graph.reset()
        self._graphs.clear()
        torch.cuda.empty_cache()

    def _record(self, graph: Any, work: Callable[[], None]) -> None:
        # Other threads may go on allocating memory: their work is none of this capture's.
        mode = "thread_local"
        try:
            with torch.cuda.graph(graph, pool=self._pool, stream=self._stream, capture_error_mode=mode):
                work()
        except BaseException:
            # Before 2.12, torch forgets to tell its allocator that a broken capture is over; it would
            # refuse to free anything from then on. Where torch did tell it, this raises.
            with suppress(Exception):
                torch._C._cuda_endAllocateToPool(self._device.index, self._pool)
            raise


class Fetched:
    """A tensor on its way from the device; nothing waits for it until it is wanted."""

    def __init__(self, tensor: torch.Tensor) -> None:
        self._tensor = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=tensor.is_cuda)
        self._tensor.copy_(tensor, non_blocking=True)
        # A blocking event leaves the processor to others while it is waited for.
        self._arrived = torch.cuda.Event(blocking=True) if tensor.is_cuda else None
        if self._arrived is not None:
            self._arrived.record()

    def wait(self) -> torch.Tensor:
        """The tensor, on the CPU."""
        if self._arrived is not None:
            self._arrived.synchronize()
        return self._tensor
