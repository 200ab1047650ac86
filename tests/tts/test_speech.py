"""Text in, sound out: whole WAV files and streams, with the pack's real voice."""

from __future__ import annotations

import io
import itertools
import subprocess
import sys
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from app import offline_pack
from app.assembly import shared_models
from app.models import State
from app.tts import GenerationStopped, generate_tts_wav, stream_tts
from app.tts.phrases import Phrase, cut_phrases
from app.tts.piper import PiperSynthesizer
from app.tts.speech import MAX_TEXT, speak
from tests.sound import words
from tests.tts.conftest import CountedStop

FOX = "The quick brown fox jumps over the lazy dog."


def test_a_wav_says_the_words_of_the_text(voice_of_the_pack: object) -> None:
    from faster_whisper import WhisperModel

    ears = WhisperModel(str(offline_pack.whisper_model()), device="cpu", compute_type="int8")
    segments, _ = ears.transcribe(io.BytesIO(generate_tts_wav(FOX)), beam_size=1)
    assert words("".join(segment.text for segment in segments)) == words(FOX)


def test_a_wav_is_16_bit_pcm_mono_at_the_voices_rate(voice_of_the_pack: object) -> None:
    import soundfile

    wav = soundfile.SoundFile(io.BytesIO(generate_tts_wav(FOX)))
    assert (wav.format, wav.subtype, wav.channels, wav.samplerate) == ("WAV", "PCM_16", 1, 22_050)
    assert 1.0 < wav.frames / wav.samplerate < 6.0
    assert float(np.abs(wav.read()).max()) > 0.1


@pytest.mark.parametrize("text", ["", "  \n ", "…!?", "🎉🎉", "```\nprint(1)\n```", "[laugh]", "\0"])
def test_a_text_with_nothing_to_speak_is_refused_with_a_sentence(
    text: str, voice_of_the_pack: object
) -> None:
    with pytest.raises(ValueError, match="nothing to speak"):
        generate_tts_wav(text)


@pytest.mark.parametrize(
    "text", ["שלום עולם", "nul\0in the middle", "[[hello]] there", "x " * 300, "**So** `it` is."]
)
def test_odd_texts_are_spoken(text: str, voice_of_the_pack: object) -> None:
    assert len(generate_tts_wav(text)) > 10_000


def test_a_text_too_long_for_one_file_is_refused(voice_of_the_pack: object) -> None:
    with pytest.raises(ValueError, match="stream_tts"):
        generate_tts_wav("word " * MAX_TEXT)


def test_a_stop_at_any_moment_of_a_wav_raises(voice_of_the_pack: object) -> None:
    text = "The first sentence. The last sentence."
    for look in itertools.count(1, step=3):
        stop = CountedStop(set_at=look)
        try:
            generate_tts_wav(text, stop=stop)
        except GenerationStopped:
            assert stop.looks >= look
        else:
            assert stop.looks < look  # it was whole before anybody looked that often
            break
    assert look > 5


def test_a_stream_yields_each_phrase_as_one_chunk(voice_of_the_pack: object) -> None:
    text = "This is the first of two sentences. And this is the last one of them."
    chunks = list(stream_tts(text))

    assert [chunk.phrase for chunk in chunks] == list(cut_phrases([text]))
    assert len(chunks) == 2
    for chunk in chunks:
        assert chunk.samples.dtype == np.float32
        assert chunk.samples.ndim == 1
        assert chunk.sample_rate == 22_050
        assert 0.1 < float(np.abs(chunk.samples).max()) <= 1.0


def test_a_stream_takes_texts_and_phrases_one_by_one_as_they_are_needed(voice_of_the_pack: object) -> None:
    taken: list[str] = []

    def phrases() -> Iterator[str | Phrase]:
        for phrase in (
            "The first sentence comes.",
            Phrase("Then there is a phrase.", 30, 53),
            "And another one.",
            "And one more than that.",
            "And the last one.",
        ):
            taken.append(str(phrase))
            yield phrase

    stream = stream_tts(phrases())
    first = next(stream)
    assert first.phrase.text == "The first sentence comes."
    assert len(taken) <= 4  # two are being made, and one waits for room
    assert [chunk.phrase.text for chunk in stream] == [
        "Then there is a phrase.",
        "And another one.",
        "And one more than that.",
        "And the last one.",
    ]


def test_a_stopped_stream_ends_without_a_word(voice_of_the_pack: object) -> None:
    stop = threading.Event()
    stream = stream_tts(
        ["One sentence to begin with.", "Another one follows here.", "And one too many."], stop=stop
    )
    next(stream)
    stop.set()
    assert list(stream) == []


def test_a_stop_that_was_set_before_loads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    stop = threading.Event()
    stop.set()
    monkeypatch.setenv("VOX_TTS", "piper")
    shared_models.cache_clear()
    with pytest.raises(GenerationStopped):
        generate_tts_wav("Never to be heard.", stop=stop)
    assert list(stream_tts("Never to be heard.", stop=stop)) == []
    assert shared_models().tts.state is State.UNLOADED
    shared_models.cache_clear()


def test_the_configured_voice_is_loaded_on_first_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOX_TTS", "piper")
    shared_models.cache_clear()
    assert shared_models().tts.state is State.UNLOADED
    assert generate_tts_wav(FOX).startswith(b"RIFF")
    assert shared_models().tts.wait().name == "Piper Joe"
    shared_models().tts.unload()
    shared_models.cache_clear()


def test_phrases_without_sound_are_passed_over(piper: PiperSynthesizer) -> None:
    phrases = [Phrase("", 0, 0), Phrase("Only this can be heard.", 0, 23)]
    assert [chunk.phrase.text for chunk in speak(phrases, piper, None, CountedStop())] == [
        "Only this can be heard."
    ]


def test_importing_it_is_cheap() -> None:
    heavy = "{'torch', 'piper', 'soundfile', 'onnxruntime', 'chatterbox', 'huggingface_hub'}"
    program = f"import sys, app.tts; print({heavy} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"
