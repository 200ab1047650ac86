"""The decoder's transformer in ONNX Runtime, over our own cache: the fast path on a CPU."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
import torch

from app.tts.turbo.cache import KeyValueCache
from app.tts.turbo.onnx_graph import decoder_graph


def can_cache_in_8_bits() -> bool:
    """Whether this ONNX Runtime's attention takes 8-bit keys and values."""
    schemas = onnxruntime.capi.onnxruntime_pybind11_state.get_all_operator_schema()
    attention = [schema for schema in schemas if schema.name == "GroupQueryAttention"]
    return any("kv_cache_bit_width" in schema.attributes for schema in attention)


class OnnxBlocks:
    """The blocks of a stock ``T3`` with weights of ``bits`` 8 or 4; ``t3`` is not needed afterwards."""

    def __init__(
        self, t3: Any, cache: KeyValueCache, bits: int, threads: int, scales: torch.Tensor | None = None
    ) -> None:
        """``cache`` is in single precision, or in 8 bits by ``scales``."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            decoder_graph(t3, cache.positions, bits, scales), options, providers=["CPUExecutionProvider"]
        )
        self._vocabulary: int = t3.hp.speech_tokens_dict_size
        self._cache = cache
        self._cache_kind = np.float32 if scales is None else np.int8
        self._bindings: dict[tuple[int, int], Any] = {}

    def forward(self, first_row: int, inputs: torch.Tensor, past: list[int]) -> torch.Tensor:
        """As ``TorchBlocks.forward``."""
        rows, new, _ = inputs.shape
        binding = self._binding(first_row, rows)
        # Kept until the call has returned: ONNX Runtime is only told their addresses.
        inputs = inputs.float().contiguous()
        last = torch.tensor(past, dtype=torch.int32) + (new - 1)
        total = torch.tensor(max(past) + new, dtype=torch.int32)
        logits = torch.empty(rows, self._vocabulary)
        _bind_input(binding, "inputs", inputs, np.float32)
        _bind_input(binding, "last", last, np.int32)
        _bind_input(binding, "total", total, np.int32)
        _bind_output(binding, "logits", logits, np.float32)
        self._session.run_with_iobinding(binding)
        return logits

    def _binding(self, first_row: int, rows: int) -> Any:
        """Where the keys and values of these rows are: bound once, for they never move."""
        if (first_row, rows) not in self._bindings:
            binding = self._session.io_binding()
            for index, layer in enumerate(self._cache.tensor):
                for name, part in zip(("keys", "values"), layer, strict=True):
                    mine = part[first_row : first_row + rows]
                    _bind_input(binding, f"{name}_{index}", mine, self._cache_kind)
                    _bind_output(binding, f"new_{name}_{index}", mine, self._cache_kind)
            self._bindings[first_row, rows] = binding
        return self._bindings[first_row, rows]


def _bind_input(binding: Any, name: str, tensor: torch.Tensor, kind: Any) -> None:
    binding.bind_input(name, "cpu", 0, kind, tuple(tensor.shape), tensor.data_ptr())


def _bind_output(binding: Any, name: str, tensor: torch.Tensor, kind: Any) -> None:
    binding.bind_output(name, "cpu", 0, kind, tuple(tensor.shape), tensor.data_ptr())
