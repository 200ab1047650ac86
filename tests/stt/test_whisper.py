"""The pack's Whisper hearing the pack's voice: every word, and none where nobody speaks."""

from __future__ import annotations

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jiwer
import numpy as np
import psutil
import pytest

from app import memory
from app.conversation.stop import StopFlag
from app.engines import TRANSCRIBER_RATE, EngineError, Samples
from app.offline_pack import whisper_model
from app.progress import Progress, Step
from app.stt.whisper import NEEDED_FILES, WhisperTranscriber
from tests.sound import words
from tests.stt.conftest import Say
from tests.stt.noises import NOISES, noisy, white

SENTENCE = "What is the capital of France, and how far is it from here?"

#: Over half a minute, so more than one of Whisper's windows.
STORY = (
    "The old harbour town wakes slowly in winter. Fishermen mend their nets beside the wall, and birds "
    "quarrel over scraps near the market. Around nine the bakery opens, and the smell of fresh bread drifts "
    "down every lane. Children hurry to school in thick coats. Later a boat brings a few visitors, "
    "who photograph the lighthouse and buy postcards. Nobody stays long, because the wind is sharp and the "
    "shops close before dark. Still, people who grew up there say they would live nowhere else. When the "
    "storms come, the whole street gathers to tell stories about ships that never returned. My grandfather "
    "claimed he once saw a whale inside the harbour, although his brother always laughed at that."
)


def pause(seconds: float) -> Samples:
    return np.zeros(int(seconds * TRANSCRIBER_RATE), dtype=np.float32)


def heard(ears: WhisperTranscriber, audio: Samples) -> str:
    return " ".join(ears.transcribe(audio, StopFlag()))


def error_rate(said: str, heard: str) -> float:
    return float(jiwer.wer(" ".join(words(said)), " ".join(words(heard))))


def copied_model(folder: Path) -> Path:
    """The pack's model in ``folder``, to be damaged."""
    source = whisper_model()
    if source is None:
        pytest.skip("the offline pack is not installed")
    return Path(shutil.copytree(source, folder / "a-model"))


# ----- hearing


def test_a_sentence_is_heard_word_for_word(ears: WhisperTranscriber, say: Say) -> None:
    assert words(heard(ears, say(SENTENCE))) == words(SENTENCE)


@pytest.mark.parametrize("gain", [0.05, 0.01])
def test_a_quiet_sentence_is_heard_as_well(ears: WhisperTranscriber, say: Say, gain: float) -> None:
    assert words(heard(ears, say(SENTENCE) * np.float32(gain))) == words(SENTENCE)


def test_a_sentence_is_heard_in_noise(ears: WhisperTranscriber, say: Say) -> None:
    assert error_rate(SENTENCE, heard(ears, noisy(say(SENTENCE), white, 15))) < 0.2


@pytest.mark.parametrize("word", ["Yes.", "No.", "Stop."])
def test_one_word_is_heard(ears: WhisperTranscriber, say: Say, word: str) -> None:
    assert words(heard(ears, np.concatenate([pause(0.5), say(word), pause(0.5)]))) == words(word)


def test_a_long_story_is_heard_to_its_end_a_window_at_a_time(ears: WhisperTranscriber, say: Say) -> None:
    pieces = list(ears.transcribe(say(STORY), StopFlag()))
    assert len(pieces) > 1
    assert error_rate(STORY, " ".join(pieces)) < 0.15
    assert words(pieces[-1])[-2:] == ["at", "that"]


def test_words_on_either_side_of_a_long_silence_are_heard(ears: WhisperTranscriber, say: Say) -> None:
    audio = np.concatenate([pause(3), say(SENTENCE), pause(20), say("Thank you very much."), pause(3)])
    assert words(heard(ears, audio)) == words(f"{SENTENCE} Thank you very much.")


def test_what_is_really_said_over_and_over_is_kept(ears: WhisperTranscriber, say: Say) -> None:
    chorus = "We will rock the boat today."
    audio = np.concatenate([np.concatenate([say(chorus), pause(0.3)])] * 6)
    assert words(heard(ears, audio)).count("boat") >= 4


def test_words_that_break_off_anywhere_are_not_said_again_and_again(
    ears: WhisperTranscriber, say: Say
) -> None:
    """Whisper, given too little silence behind what it hears, does not know where to end."""
    said = noisy(say(SENTENCE), white, 20)
    for end in range(TRANSCRIBER_RATE, said.size, TRANSCRIBER_RATE // 3):
        begun = words(heard(ears, said[:end]))
        assert len(begun) <= len(words(SENTENCE)) * end / said.size + 3


# ----- not hearing


@pytest.mark.parametrize("name", NOISES)
def test_no_words_are_made_of(ears: WhisperTranscriber, name: str) -> None:
    assert list(ears.transcribe(NOISES[name](), StopFlag())) == []


def test_no_words_are_made_of_what_only_resembles_a_voice(ears: WhisperTranscriber) -> None:
    time = np.arange(4 * TRANSCRIBER_RATE) / TRANSCRIBER_RATE
    pitch = 300 * time + 3 * np.sin(2 * np.pi * 5 * time)
    humming = sum(0.2 / n * np.sin(2 * np.pi * n * pitch) for n in range(1, 6))
    assert list(ears.transcribe(np.asarray(humming, dtype=np.float32), StopFlag())) == []


def test_nothing_is_heard_in_nothing(ears: WhisperTranscriber) -> None:
    assert list(ears.transcribe(pause(0), StopFlag())) == []


# ----- stopping and sharing


def test_a_stop_ends_it_between_windows(ears: WhisperTranscriber, say: Say) -> None:
    stop = StopFlag()
    pieces = ears.transcribe(say(STORY), stop)
    assert next(pieces)
    stop.set()
    assert list(pieces) == []


def test_a_stop_ends_waiting_for_another_utterance(ears: WhisperTranscriber, say: Say) -> None:
    stop = threading.Event()
    with ears._lock, ThreadPoolExecutor(1) as pool:  # as if somebody else were being heard
        waiting = pool.submit(lambda: list(ears.transcribe(say(SENTENCE), stop)))
        stop.set()
        assert waiting.result(60) == []


def test_utterances_at_the_same_time_do_not_mix(ears: WhisperTranscriber, say: Say) -> None:
    sentences = [SENTENCE, "Tell me about the weather in London.", "My brother is a doctor."]
    sounds = [say(sentence) for sentence in sentences]
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(lambda sound: heard(ears, sound), sounds))
    assert [words(text) for text in together] == [words(sentence) for sentence in sentences]


# ----- loading


def test_loading_tells_its_stages(tmp_path: Path) -> None:
    steps: list[Step] = []
    ears = WhisperTranscriber(copied_model(tmp_path), "mine")
    ears.load(Progress(steps.append))
    assert ears.name == "Whisper mine"
    assert [step.done for step in steps] == list(range(len(steps)))
    assert {step.total for step in steps} == {len(steps)}
    ears.unload()


def test_unloading_frees_the_memory_again_and_again(say: Say) -> None:
    folder = whisper_model()
    if folder is None:
        pytest.skip("the offline pack is not installed")
    ears = WhisperTranscriber(folder, "tiny.en")
    freed = []
    for _ in range(3):
        ears.load(Progress())
        assert words(heard(ears, say(SENTENCE))) == words(SENTENCE)
        loaded = psutil.Process().memory_info().rss
        ears.unload()
        memory.give_back()  # as the life of a model does it
        freed.append(loaded - psutil.Process().memory_info().rss)
    assert min(freed) > 20_000_000
    ears.unload()
    with pytest.raises(EngineError, match="Load it"):
        heard(ears, say(SENTENCE))


@pytest.mark.parametrize("name", NEEDED_FILES)
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    folder = copied_model(tmp_path)
    (folder / name).unlink()
    with pytest.raises(EngineError, match=f"lacks {name}"):
        WhisperTranscriber(folder, "mine").load(Progress())


@pytest.mark.parametrize("size", [0, 1000, 1_000_000])
def test_a_truncated_model_is_named(tmp_path: Path, size: int) -> None:
    folder = copied_model(tmp_path)
    model = folder / "model.bin"
    model.write_bytes(model.read_bytes()[:size])
    with pytest.raises(EngineError, match=r"could not be loaded from .*model\.bin"):
        WhisperTranscriber(folder, "mine").load(Progress())
