"""The figures of ``benchmarks.chatterbox`` as a Markdown table."""

from __future__ import annotations

from typing import Any

_ROWS = (
    ("steps_per_s", "decoder, speech tokens a second", ".1f"),
    ("two_steps_per_s", "the same of two phrases side by side", ".1f"),
    ("work_s_per_s", "work for 1 s of sound, one phrase, s", ".2f"),
    ("decoder_s_per_s", "of it decoder", ".2f"),
    ("flow_s_per_s", "of it flow", ".2f"),
    ("vocoder_s_per_s", "of it vocoder", ".2f"),
    ("watermark_s_per_s", "of it watermark", ".3f"),
    ("talking_s_per_s", "work for 1 s of sound, cut into phrases, s", ".2f"),
    ("first_chunk_s", "from call to first chunk, s", ".2f"),
    ("stop_median_ms", "from stop to a free model, median, ms", ".0f"),
    ("stop_worst_ms", "from stop to a free model, worst of 20, ms", ".0f"),
    ("switch_voice_ms", "switching to another known voice, ms", ".1f"),
    ("load_s", "loading, s", ".1f"),
    ("peak_memory_mb", "peak memory, MB", ".0f"),
    ("peak_gpu_mb", "peak memory of the GPU, MB", ".0f"),
)


def table(figures: dict[str, Any]) -> str:
    """One line for each figure: stock, ours, and how many times better."""
    stock, ours, ratios = figures["stock"], figures["ours"], figures["ratios"]
    lines = [
        f"{figures['machine']}; {figures['text']}, {figures['weights']} weights",
        "",
        f"| | stock ({stock['precision']}) | VOX ({ours['precision']}) | times |",
        "|---|---:|---:|---:|",
    ]
    for key, meaning, form in _ROWS:
        if stock.get(key) is None and ours.get(key) is None:
            continue
        ratio = format(ratios[key], ".1f") if key in ratios else ""
        lines.append(f"| {meaning} | {_cell(stock, key, form)} | {_cell(ours, key, form)} | {ratio} |")
    return "\n".join(lines)


def _cell(figures: dict[str, Any], key: str, form: str) -> str:
    value = figures.get(key)
    if value is None and key.startswith("stop"):
        return "cannot"
    return "" if value is None else format(value, form)
