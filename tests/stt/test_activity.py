"""Voice activity by frame: what Silero says of a whole recording, for a microphone that stays open."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from faster_whisper.vad import get_vad_model

from app.engines import TRANSCRIBER_RATE, Samples
from app.stt.activity import FRAME, VoiceActivity, side_by_side
from app.stt.silero import Silero, State
from tests.stt.conftest import Say
from tests.stt.noises import NOISES, noisy, pink, white

SENTENCE = "What is the capital of France?"
OTHER = "Good morning, how are you?"
#: Two words that Silero misses after a minute of noise.
WORDS = ["Stop.", "Hello there."]


def whole(sound: Samples) -> Samples:
    """``sound``, without what is less than a frame."""
    return sound[: sound.size - sound.size % FRAME]


def silence(frames: int) -> Samples:
    return np.zeros(frames * FRAME, dtype=np.float32)


def one_by_one(activity: VoiceActivity, sound: Samples) -> list[float]:
    return [activity.probability(frame) for frame in sound.reshape(-1, FRAME)]


def of_the_recording(sound: Samples) -> list[float]:
    """What faster-whisper's own code finds. It blanks the end of the last frame, so one is added."""
    return [float(p) for p in get_vad_model()(np.concatenate([sound, silence(1)])).ravel()[:-1]]


def onset(probabilities: list[float]) -> int:
    """The number of frames before the first with a voice."""
    return next((n for n, probability in enumerate(probabilities) if probability > 0.5), 10**9)


@pytest.mark.parametrize("decibels", [None, 20])
def test_frame_by_frame_is_the_same_as_all_at_once(say: Say, decibels: float | None) -> None:
    sound = whole(np.concatenate([silence(10), say(SENTENCE)]))
    if decibels is not None:
        sound = noisy(sound, white, decibels)
    expected = of_the_recording(sound)
    assert max(expected) > 0.9
    assert min(expected) < 0.1
    assert one_by_one(VoiceActivity(), sound) == pytest.approx(expected, abs=1e-4)
    assert VoiceActivity().probabilities(sound) == pytest.approx(expected, abs=1e-4)


def test_frames_may_come_in_chunks_of_any_length(say: Say) -> None:
    sound = whole(say(SENTENCE))
    activity = VoiceActivity()
    chunks = np.split(sound, np.cumsum([1, 2, 3, 1, 7, 1, 1]) * FRAME)
    found = [probability for chunk in chunks for probability in activity.probabilities(chunk)]
    assert found == pytest.approx(of_the_recording(sound), abs=1e-4)


def test_streams_do_not_disturb_each_other(say: Say) -> None:
    sounds = [whole(say(SENTENCE)), whole(say(OTHER))] * 4
    with ThreadPoolExecutor(len(sounds)) as threads:
        found = list(threads.map(one_by_one, [VoiceActivity() for _ in sounds], sounds))
    for sound, probabilities in zip(sounds, found, strict=True):
        assert probabilities == pytest.approx(of_the_recording(sound), abs=1e-4)


def test_side_by_side_streams_are_heard_as_each_alone(say: Say) -> None:
    sounds = [
        whole(np.concatenate([silence(lead), say(text)]))
        for lead, text in ((0, SENTENCE), (7, OTHER), (15, SENTENCE))
    ]
    activities = [VoiceActivity() for _ in sounds]
    found: list[list[float]] = [[] for _ in sounds]
    sizes = np.random.default_rng(0)
    at = [0] * len(sounds)
    while any(start < sound.size for start, sound in zip(at, sounds, strict=True)):
        pieces = []
        for number, sound in enumerate(sounds):
            end = at[number] + FRAME * int(sizes.integers(0, 4))
            pieces.append(sound[at[number] : end])
            at[number] = min(end, sound.size)
        for own, new in zip(found, side_by_side(activities, pieces), strict=True):
            own.extend(new)
    for sound, own in zip(sounds, found, strict=True):
        assert own == pytest.approx(of_the_recording(sound), abs=1e-4)


def test_a_reset_forgets_the_stream(say: Say) -> None:
    activity = VoiceActivity()
    activity.probabilities(whole(say(OTHER)))
    activity.reset()
    sound = whole(say(SENTENCE))
    assert one_by_one(activity, sound) == pytest.approx(of_the_recording(sound), abs=1e-4)


def test_only_whole_frames_are_taken() -> None:
    activity = VoiceActivity()
    assert activity.probabilities(silence(0)) == []
    for sound in (silence(1)[1:], np.zeros((1, FRAME), dtype=np.float32)):
        with pytest.raises(ValueError, match="512"):
            activity.probabilities(sound)


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("chunk", [1, 3])
def test_after_a_minute_in_a_noisy_room_a_word_is_heard_at_once(say: Say, word: str, chunk: int) -> None:
    room = 0.05 * pink(2000 * FRAME)
    spoken = whole(say(word)) * np.float32(0.3)
    heard = onset(VoiceActivity().probabilities(spoken))

    activity = VoiceActivity()
    before = [
        p
        for part in np.split(room, range(chunk * FRAME, room.size, chunk * FRAME))
        for p in activity.probabilities(part)
    ]
    found = one_by_one(activity, spoken + room[: spoken.size])
    assert max(before) < 0.5
    assert onset(found) <= heard + 2
    assert sum(p > 0.5 for p in found) > 4


@pytest.mark.parametrize("gain", [1.0, 0.1, 0.01])
def test_after_long_silence_a_voice_is_heard_at_once(say: Say, gain: float) -> None:
    spoken = whole(say(SENTENCE)) * np.float32(gain)
    heard = onset(VoiceActivity().probabilities(np.concatenate([silence(16), spoken]))[16:])
    activity = VoiceActivity()
    one_by_one(activity, whole(say(OTHER)))
    one_by_one(activity, silence(1000))
    assert onset(one_by_one(activity, spoken)) <= heard + 1


def test_silence_costs_no_work(monkeypatch: pytest.MonkeyPatch, say: Say) -> None:
    activity = VoiceActivity()
    one_by_one(activity, np.concatenate([whole(say(SENTENCE)), silence(60)]))
    calls: list[int] = []
    run = Silero._run

    def counting(session: Any, windows: Samples, state: State) -> Any:
        calls.append(len(windows))
        return run(session, windows, state)

    monkeypatch.setattr(Silero, "_run", staticmethod(counting))
    almost = 0.0003 * white(50 * FRAME)
    assert one_by_one(activity, np.concatenate([silence(50), almost])) == [0.0] * 100
    assert calls == []
    assert max(one_by_one(activity, whole(say(SENTENCE)))) > 0.9
    assert calls != []


@pytest.mark.parametrize("name", [name for name in NOISES if "hum" not in name])
@pytest.mark.parametrize("gain", [0.05, 1.0])
def test_noise_is_no_voice(name: str, gain: float) -> None:
    sound = whole(np.tile(NOISES[name]() * np.float32(gain), 4))
    assert max(one_by_one(VoiceActivity(), sound)) < 0.6


@pytest.mark.parametrize("hertz", [50, 60, 100, 150])
def test_a_hum_is_no_voice_once_it_is_there(hertz: int) -> None:
    hum: Callable[[], Samples] = NOISES[f"hum of {hertz} Hz"]
    found = one_by_one(VoiceActivity(), whole(np.tile(hum(), 5)))
    assert max(found[TRANSCRIBER_RATE // FRAME :]) < 0.5
