"""The decoder's transformer as an ONNX graph with its weights in 8 or 4 bits.

ONNX Runtime runs a whole step in one call: a step of this small batch is mostly reading weights,
and PyTorch's own overhead for some four hundred small operations would take a third of the time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

#: Weights of an output that share a scale, at most, by their bits.
BLOCK = {8: 256, 4: 32}
_OPSET = 17
_IR_VERSION = 9
_MICROSOFT = "com.microsoft"


def decoder_graph(t3: Any, positions: int, bits: int, scales: torch.Tensor | None = None) -> bytes:
    """The serialized model of a stock ``t3``'s blocks and speech head, ``bits`` 8 or 4.

    Inputs: ``inputs`` (rows, new, width), ``last`` (rows,) and ``total`` () for the lengths, and for
    each layer ``keys_n``, ``values_n`` (rows, heads, ``positions``, width of a head), which are also
    outputs (``new_keys_n``, …) to be bound to the same memory. Output: ``logits`` (rows, vocabulary).

    Keys and values are single precision, or with ``scales`` (from ``key_value_scales``) 8 bits: reading
    them would else take half as long as reading the weights.
    """
    return _Graph(t3, positions, bits, scales).serialized()


class _Graph:
    def __init__(self, t3: Any, positions: int, bits: int, scales: torch.Tensor | None) -> None:
        self._t3 = t3
        self._scales = scales
        self._bits = bits
        self._width = t3.cfg.hidden_size
        self._heads = t3.cfg.num_attention_heads
        self._epsilon = t3.cfg.layer_norm_epsilon
        self._cache_shape = ["rows", self._heads, positions, self._width // self._heads]
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []
        self._inputs = [
            helper.make_tensor_value_info("inputs", TensorProto.FLOAT, ["rows", "new", self._width]),
            helper.make_tensor_value_info("last", TensorProto.INT32, ["rows"]),
            helper.make_tensor_value_info("total", TensorProto.INT32, []),
        ]
        self._outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["rows", "vocabulary"])]

    def serialized(self) -> bytes:
        residual = "inputs"
        blocks = list(self._t3.tfmr.h)
        normed = self._node(
            "LayerNormalization",
            [residual, *self._norm(blocks[0].ln_1, "ln_1_0")],
            "normed_0",
            epsilon=self._epsilon,
            axis=-1,
        )
        for index, block in enumerate(blocks):
            following = blocks[index + 1].ln_1 if index + 1 < len(blocks) else self._t3.tfmr.ln_f
            residual, normed = self._block(index, block, following, residual, normed)
        self._speech_head(normed)
        graph = helper.make_graph(self._nodes, "decoder", self._inputs, self._outputs, self._weights)
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_MICROSOFT, 1)]
        model: onnx.ModelProto = helper.make_model(graph, opset_imports=opsets)
        model.ir_version = _IR_VERSION
        serialized: bytes = model.SerializeToString()
        return serialized

    def _block(self, index: int, block: Any, following: Any, residual: str, normed: str) -> tuple[str, str]:
        """One layer; returns the residual stream and its norm for what follows."""
        parts = self._linear(normed, *_conv1d(block.attn.c_attn), f"parts_{index}")
        heard = self._attention(index, parts)
        projected = self._linear(heard, block.attn.c_proj.weight, None, f"projected_{index}")
        residual, normed = self._add_and_norm(
            projected, residual, block.attn.c_proj.bias, block.ln_2, f"ln_2_{index}"
        )
        wide = self._linear(normed, *_conv1d(block.mlp.c_fc), f"wide_{index}")
        active = self._node("FastGelu", [wide], f"active_{index}", domain=_MICROSOFT)
        narrow = self._linear(active, block.mlp.c_proj.weight, None, f"narrow_{index}")
        return self._add_and_norm(narrow, residual, block.mlp.c_proj.bias, following, f"ln_1_{index + 1}")

    def _attention(self, index: int, parts: str) -> str:
        kind = TensorProto.FLOAT if self._scales is None else TensorProto.INT8
        for name in ("keys", "values"):
            self._inputs.append(helper.make_tensor_value_info(f"{name}_{index}", kind, self._cache_shape))
            self._outputs.append(
                helper.make_tensor_value_info(f"new_{name}_{index}", kind, self._cache_shape)
            )
        heard = f"heard_{index}"
        scales, attributes = self._key_value_scales(index)
        self._nodes.append(
            helper.make_node(
                "GroupQueryAttention",
                [parts, "", "", f"keys_{index}", f"values_{index}", "last", "total", *scales],
                [heard, f"new_keys_{index}", f"new_values_{index}"],
                domain=_MICROSOFT,
                num_heads=self._heads,
                kv_num_heads=self._heads,
                **attributes,
            )
        )
        return heard

    def _key_value_scales(self, index: int) -> tuple[list[str], dict[str, Any]]:
        """Further inputs and attributes of a layer's attention, none in single precision."""
        if self._scales is None:
            return [], {}
        names = []
        for name, scale in zip(("key", "value"), self._scales[index], strict=True):
            heads, width = scale.shape
            names.append(self._weight(_array(scale.view(1, heads, 1, width)), f"{name}_scale_{index}"))
        per_channel = {"k_quant_type": "PER_CHANNEL", "v_quant_type": "PER_CHANNEL"}
        return ["", "", "", "", "", *names], {"kv_cache_bit_width": 8, **per_channel}

    def _speech_head(self, normed: str) -> None:
        """The head works on the last new position alone, always in 8 bits."""
        last = self._weight(np.array(-1, np.int64), "last_place")
        final = self._node("Gather", [normed, last], "final", axis=1)
        head = self._t3.speech_head
        self._linear(final, head.weight.T, head.bias, "logits", bits=8)

    def _linear(
        self, rows: str, weight: torch.Tensor, bias: torch.Tensor | None, out: str, bits: int | None = None
    ) -> str:
        """``rows`` x ``weight`` (in, out) + ``bias``."""
        bits = bits or self._bits
        block = _block(weight.shape[0], bits)
        quantized, scales = _per_block(weight, bits, block)
        inputs = [rows, self._weight(quantized, f"{out}_weight"), self._weight(scales, f"{out}_scales")]
        if bias is not None:
            inputs += ["", "", self._weight(_array(bias), f"{out}_bias")]
        size = {"K": weight.shape[0], "N": weight.shape[1], "bits": bits, "block_size": block}
        # Level 4: 8-bit products, the fastest there are on a CPU.
        return self._node("MatMulNBits", inputs, out, domain=_MICROSOFT, accuracy_level=4, **size)

    def _add_and_norm(
        self, branch: str, residual: str, bias: torch.Tensor, norm: Any, name: str
    ) -> tuple[str, str]:
        """``residual + branch + bias`` and its layer norm."""
        out, total = f"{name}_normed", f"{name}_sum"
        shift = self._weight(_array(bias), f"{name}_branch_bias")
        self._nodes.append(
            helper.make_node(
                "SkipLayerNormalization",
                [branch, residual, *self._norm(norm, name), shift],
                [out, "", "", total],
                domain=_MICROSOFT,
                epsilon=self._epsilon,
            )
        )
        return total, out

    def _norm(self, norm: Any, name: str) -> list[str]:
        gain = self._weight(_array(norm.weight), f"{name}_gain")
        return [gain, self._weight(_array(norm.bias), f"{name}_shift")]

    def _weight(self, values: npt.NDArray[Any], name: str) -> str:
        self._weights.append(numpy_helper.from_array(values, name))
        return name

    def _node(self, kind: str, inputs: list[str], out: str, **attributes: Any) -> str:
        self._nodes.append(helper.make_node(kind, inputs, [out], **attributes))
        return out


def _conv1d(layer: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Weight (in, out) and bias of what GPT-2 calls a Conv1D."""
    return layer.weight, layer.bias


def _array(tensor: torch.Tensor) -> npt.NDArray[Any]:
    return np.ascontiguousarray(tensor.detach().float().cpu().numpy())


def _block(inputs: int, bits: int) -> int:
    """How many of an output's weights share a scale: a power of two that divides the ``inputs``."""
    return min(BLOCK[bits], inputs & -inputs)


def _per_block(
    weight: torch.Tensor, bits: int, block: int
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """``weight`` (in, out) as values of ``bits`` around the middle of their range, shape (out, blocks,
    bytes), with one scale for each block of inputs."""
    inputs, outputs = weight.shape
    blocks = weight.detach().float().T.reshape(outputs, inputs // block, block)
    peaks = blocks.gather(-1, blocks.abs().argmax(-1, keepdim=True))
    middle = 1 << (bits - 1)
    # The largest value goes to the end of the range that reaches further.
    scales = peaks / -middle
    scales = torch.where(scales == 0, torch.ones_like(scales), scales)
    quantized = ((blocks / scales).round().clamp(-middle, middle - 1) + middle).to(torch.uint8)
    if bits == 4:  # two in a byte
        quantized = quantized[..., 0::2] | (quantized[..., 1::2] << 4)
    return np.ascontiguousarray(quantized.cpu().numpy()), _array(scales.reshape(-1))
