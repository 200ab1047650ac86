"""Reload the voice and hear it: a check of the text-to-speech engine on this machine.

    python test_tts_reload.py                     the voice that the settings choose
    VOX_TTS=piper python test_tts_reload.py       or another one
    VOX_CHATTERBOX_DIR=… VOX_TTS=chatterbox python test_tts_reload.py --out spoken.wav
    python test_tts_reload.py --times 20          twenty times, to see whether memory comes back

Unloads the voice, loads it with every step shown, speaks a sentence to a WAV file, unloads it
again, and shows the memory of process and GPU at each point. Exit code 0: all of it worked, and
after the last unloading there is at most 5 % more memory in use than after the first.
"""

from __future__ import annotations

import io
import logging
import sys
import tempfile
import time
from pathlib import Path

import click
import pytest

from app import memory
from app.assembly import shared_models
from app.engines import Synthesizer
from app.models import Model, ModelNotReady
from app.settings import Settings
from app.tts import generate_tts_wav

SENTENCE = "Hello! This is VOX, speaking a test sentence after its voice was loaded again."


#: How much more memory there may be in use after the last unloading than after the first.
GROWTH = 0.05


@click.command()
@click.option("--text", default=SENTENCE, help="What to speak.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to save the WAV file.")
@click.option("--times", default=1, type=click.IntRange(1), help="How often to load, speak and unload.")
def main(text: str, out: Path | None, times: int) -> None:
    """Unload the voice, load it, speak a sentence, and show the memory at each point."""
    logging.basicConfig(level=logging.WARNING, format="    %(levelname)s %(message)s")
    logging.getLogger("app").setLevel(logging.DEBUG)
    memory.have_one_pool()  # to see what is never freed, not what waits for another thread
    model = shared_models().tts
    settings = Settings.from_environment()
    origin = f" from {settings.chatterbox_dir}" if settings.chatterbox_dir else ""
    click.echo(f"Voice asked for: {settings.tts}{origin}")
    out = out or Path(tempfile.mkdtemp(prefix="vox-")) / "test_tts_reload.wav"

    model.unload()
    show_memory("before loading")
    unloaded = []
    for time_number in range(1, times + 1):
        if times > 1:
            click.echo(f"{time_number} of {times}")
        load(model)
        show_memory("after loading")
        speak(text, out)
        show_memory("after speaking")
        model.unload()
        show_memory("after unloading")
        unloaded.append(memory.snapshot()["process_bytes"] or 0)
    if unloaded[-1] > unloaded[0] * (1 + GROWTH):
        raise click.ClickException(
            f"Memory is not given back: {unloaded[0] / 1e6:.0f} MB after the first unloading, "
            f"{unloaded[-1] / 1e6:.0f} MB after the last."
        )
    click.echo("OK: the voice was loaded, spoke, and was unloaded.")


def load(model: Model[Synthesizer]) -> None:
    """Load the voice, showing each step, then what was loaded."""
    shown = ""

    def show_step(model: Model[Synthesizer]) -> None:
        nonlocal shown
        progress = model.snapshot()["progress"]
        if progress and progress["stage"] != shown:
            shown = progress["stage"]
            click.echo(f"  {shown} …")

    unsubscribe = model.subscribe(show_step)
    started = time.perf_counter()
    try:
        engine = model.wait()
    except ModelNotReady as problem:
        raise click.ClickException(str(problem)) from problem
    finally:
        unsubscribe()
    seconds = time.perf_counter() - started
    click.echo(f"  engine       {engine.name}")
    for part, parameters in getattr(engine, "parts", dict)().items():
        click.echo(f"  part         {part}: {parameters / 1e6:.1f} million parameters")
    click.echo(f"  sample rate  {engine.sample_rate} Hz")
    click.echo(f"  device       {engine.device}")
    if precision := getattr(engine, "precision", ""):
        click.echo(f"  precision    {precision}")
    click.echo(f"  voices       {', '.join(engine.voices)}")
    click.echo(f"  loaded in    {seconds:.1f} s")


def speak(text: str, out: Path) -> None:
    """Speak ``text`` to the file ``out``; ends the program if that was silence."""
    import soundfile

    started = time.perf_counter()
    wav = generate_tts_wav(text)
    seconds = time.perf_counter() - started
    out.write_bytes(wav)
    samples, rate = soundfile.read(io.BytesIO(wav), dtype="float32")
    sound = len(samples) / rate
    peak = float(abs(samples).max())
    click.echo(f"  spoke        {sound:.1f} s of sound in {seconds:.1f} s: {seconds / sound:.2f} s a second")
    click.echo(f"  peak         {peak:.2f}")
    click.echo(f"  saved to     {out}")
    if peak < 0.01:
        raise click.ClickException("The voice made no sound.")


def show_memory(moment: str) -> None:
    now = memory.snapshot()
    gpu = "none" if now["gpu_bytes"] is None else f"{now['gpu_bytes'] / 1e6:.0f} MB"
    click.echo(f"memory {moment:<16} process {(now['process_bytes'] or 0) / 1e6:.0f} MB, GPU {gpu}")


def test_reload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The script itself, with the voice of the offline pack."""
    monkeypatch.setenv("VOX_TTS", "piper")
    shared_models.cache_clear()
    try:
        main(["--out", str(tmp_path / "spoken.wav"), "--times", "2"], standalone_mode=False)
    finally:
        shared_models.cache_clear()
    told = capsys.readouterr().out
    assert "Piper" in told
    assert "after unloading" in told
    assert (tmp_path / "spoken.wav").stat().st_size > 50_000


if __name__ == "__main__":
    sys.exit(main())
