"""Voices learned from recordings: once each, by what the package itself computes, and never mixed."""

from __future__ import annotations

import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile

from app.engines import EngineError
from app.tts.voices import Recording
from tests.tts.conftest import MakeRecording

pytestmark = pytest.mark.heavy

TENSORS = ("speaker", "prompt", "reference_tokens", "reference_mel", "embedding")


def of(path: Path) -> Recording:
    """The recording at ``path`` as it is now."""
    found = path.stat()
    return Recording(path, found.st_size, found.st_mtime_ns)


def same(one: Any, other: Any) -> bool:
    return one.key == other.key and all(
        getattr(one, name).equal(getattr(other, name).to(getattr(one, name).device)) for name in TENSORS
    )


def voices(stock: Any, folder: Path | None = None, version: str = "one") -> Any:
    from app.tts.turbo.conditionals import PreparedVoices

    return PreparedVoices(stock, folder, version)


@pytest.fixture
def learned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of the voices that were really learned, in turn."""
    from app.tts.turbo.reference import VoiceLearner

    keys: list[str] = []
    learn = VoiceLearner.learn

    def noted(self: Any, sound: Any, key: str) -> Any:
        keys.append(key)
        return learn(self, sound, key)

    monkeypatch.setattr(VoiceLearner, "learn", noted)
    return keys


@pytest.fixture
def recording(make_recording: MakeRecording) -> Recording:
    return of(make_recording(5.1))


@pytest.mark.parametrize(
    ("seconds", "rate", "kind"),
    [(5.11, 22_050, "WAV"), (6.37, 16_000, "FLAC"), (17.3, 44_100, "WAV"), (11.0, 48_000, "MP3")],
    ids=["short", "odd-length", "longer-than-is-used", "mp3"],
)
def test_a_voice_is_what_the_package_computes(
    seconds: float, rate: int, kind: str, stock: Any, make_recording: MakeRecording, tmp_path: Path
) -> None:
    import soxr
    import torch

    sound, own_rate = soundfile.read(make_recording(seconds), dtype="float32")
    two_sides = np.stack([sound, 0.5 * sound], axis=1)
    path = tmp_path / f"voice.{kind.lower()}"
    soundfile.write(path, soxr.resample(two_sides, own_rate, rate), rate, format=kind)
    built_in = stock.conds
    voice = voices(stock).prepared(of(path))
    assert stock.conds is built_in
    try:
        stock.prepare_conditionals(str(path))
        expected = stock.conds
    finally:
        stock.conds = built_in
    assert voice.prompt.equal(expected.t3.cond_prompt_speech_tokens)
    assert voice.reference_tokens.equal(expected.gen["prompt_token"])
    torch.testing.assert_close(voice.speaker, expected.t3.speaker_emb)
    torch.testing.assert_close(voice.reference_mel, expected.gen["prompt_feat"])
    torch.testing.assert_close(voice.embedding, expected.gen["embedding"])


def test_the_sound_stays_in_single_precision_at_one_loudness(make_recording: MakeRecording) -> None:
    import pyloudnorm  # type: ignore[import-untyped]

    from app.tts.turbo.reference import LOUDNESS, read_reference

    path = make_recording(5.1)
    sound = read_reference(path.read_bytes(), path)
    assert sound.dtype == np.float32
    assert sound.ndim == 1
    assert pyloudnorm.Meter(24_000).integrated_loudness(sound) == pytest.approx(LOUDNESS, abs=0.1)


def test_a_voice_is_learned_once(stock: Any, recording: Recording, learned: list[str]) -> None:
    known = voices(stock)
    voice = known.prepared(recording)
    assert known.prepared(recording) is voice
    assert learned == [voice.key]


def test_the_same_recording_elsewhere_is_the_same_voice(
    stock: Any, recording: Recording, learned: list[str], tmp_path: Path
) -> None:
    known = voices(stock)
    copy = tmp_path / "copy.wav"
    copy.write_bytes(recording.path.read_bytes())
    assert known.prepared(of(copy)) is known.prepared(recording)
    assert len(learned) == 1


def test_a_changed_recording_is_another_voice(
    stock: Any, make_recording: MakeRecording, learned: list[str], tmp_path: Path
) -> None:
    known = voices(stock)
    path = tmp_path / "voice.wav"
    path.write_bytes(make_recording(5.1).read_bytes())
    before = of(path)
    first = known.prepared(before)
    path.write_bytes(make_recording(5.3).read_bytes())
    assert not same(known.prepared(of(path)), first)
    assert len(learned) == 2
    assert known.prepared(before) is first  # known still, though no longer on the disk


def test_after_a_restart_the_voice_comes_from_the_disk(
    stock: Any, recording: Recording, learned: list[str], tmp_path: Path
) -> None:
    voice = voices(stock, tmp_path).prepared(recording)
    assert same(voices(stock, tmp_path).prepared(recording), voice)
    assert len(learned) == 1
    assert [path.name for path in tmp_path.iterdir()] == [f"{voice.key}.safetensors"]


def test_another_model_learns_for_itself(
    stock: Any, recording: Recording, learned: list[str], tmp_path: Path
) -> None:
    one = voices(stock, tmp_path, "one").prepared(recording)
    other = voices(stock, tmp_path, "other").prepared(recording)
    assert one.key != other.key
    assert len(learned) == 2


def test_a_damaged_file_is_replaced_by_learning_the_voice_anew(
    stock: Any, recording: Recording, learned: list[str], tmp_path: Path
) -> None:
    voice = voices(stock, tmp_path).prepared(recording)
    kept = tmp_path / f"{voice.key}.safetensors"
    kept.write_bytes(kept.read_bytes()[:-10])
    assert same(voices(stock, tmp_path).prepared(recording), voice)
    assert same(voices(stock, tmp_path).prepared(recording), voice)
    assert learned == [voice.key] * 2


def test_a_folder_that_cannot_be_written_to_keeps_nobody_from_a_voice(
    stock: Any, recording: Recording, learned: list[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    known = voices(stock, tmp_path / "file" / "voices")
    assert known.prepared(recording) is known.prepared(recording)
    assert len(learned) == 1


def test_memory_keeps_the_voices_used_last(
    stock: Any, make_recording: MakeRecording, learned: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.tts.turbo import conditionals

    monkeypatch.setattr(conditionals, "MAX_VOICES", 2)
    first, second, third = (of(make_recording(seconds)) for seconds in (5.1, 5.2, 5.3))
    known = voices(stock)
    for recording in (first, second, first, third, first):
        voice = known.prepared(recording)
    assert len(learned) == 3
    assert known.prepared(first) is voice
    known.prepared(second)
    assert len(learned) == 4


@pytest.mark.parametrize("seconds", [0.3, 4.9])
def test_a_recording_too_short_is_refused_with_its_length(
    seconds: float, stock: Any, make_recording: MakeRecording, tmp_path: Path
) -> None:
    with pytest.raises(EngineError, match=rf"is {seconds} s long\. A voice needs more than 5 s"):
        voices(stock, tmp_path).prepared(of(make_recording(seconds)))
    assert list(tmp_path.iterdir()) == []


def test_a_recording_shorter_than_it_claims_is_refused_with_the_length_it_has(
    stock: Any, make_recording: MakeRecording, tmp_path: Path
) -> None:
    path = tmp_path / "voice.wav"
    path.write_bytes(make_recording(6.0).read_bytes()[: 4 * 22_050 * 2])
    with pytest.raises(EngineError, match=r"is 4\.0 s long"):
        voices(stock).prepared(of(path))


def test_silence_and_what_is_no_sound_are_refused(stock: Any, tmp_path: Path) -> None:
    silent, note, broken = (tmp_path / name for name in ("silent.wav", "note.wav", "broken.wav"))
    soundfile.write(silent, np.zeros(6 * 16_000, np.float32), 16_000)
    note.write_text("This is no sound.")
    soundfile.write(broken, np.full(6 * 16_000, np.nan, np.float32), 16_000, subtype="FLOAT")
    with pytest.raises(EngineError, match=r"silent\.wav is silent"):
        voices(stock).prepared(of(silent))
    for path in (note, broken):
        with pytest.raises(EngineError, match=f"{path.name} cannot be read as sound"):
            voices(stock).prepared(of(path))


def test_a_recording_that_changed_or_went_since_it_was_chosen_is_refused(
    stock: Any, recording: Recording, tmp_path: Path
) -> None:
    path = tmp_path / "voice.wav"
    path.write_bytes(recording.path.read_bytes())
    chosen = of(path)
    path.write_bytes(recording.path.read_bytes() + b"more")
    with pytest.raises(EngineError, match=r"voice\.wav has just been changed"):
        voices(stock).prepared(chosen)
    path.unlink()
    with pytest.raises(EngineError, match=r"voice\.wav can no longer be read"):
        voices(stock).prepared(chosen)


def test_the_built_in_voice_is_intact_after_ten_clones(
    stock: Any, make_recording: MakeRecording, learned: list[str]
) -> None:
    from app.tts.turbo.voice import Voice

    known = voices(stock)
    before = {name: getattr(known.built_in, name).clone() for name in TENSORS}
    clones = [known.prepared(of(make_recording(5.01 + number / 100))) for number in range(10)]
    assert len({clone.key for clone in clones}) == len(learned) == 10
    assert known.built_in.key == "built-in:one"
    for name, tensor in before.items():
        assert getattr(known.built_in, name).equal(tensor)
        assert getattr(known.built_in, name).data_ptr() not in {getattr(c, name).data_ptr() for c in clones}
    assert same(known.built_in, Voice.from_conditionals("built-in:one", stock.conds))


def test_the_parts_that_speak_may_be_freed(stock: Any, recording: Recording) -> None:
    class Hearing:
        """The stock model as far as it is needed after its voices were made."""

        device, conds, ve = stock.device, stock.conds, stock.ve
        ENC_COND_LEN, DEC_COND_LEN = stock.ENC_COND_LEN, stock.DEC_COND_LEN
        t3 = SimpleNamespace(hp=stock.t3.hp)
        s3gen = SimpleNamespace(
            tokenizer=stock.s3gen.tokenizer,
            speaker_encoder=stock.s3gen.speaker_encoder,
            mel_extractor=stock.s3gen.mel_extractor,
        )

    freed: list[bool] = []
    model = Hearing()
    weakref.finalize(model, freed.append, True)
    known = voices(model)
    del model
    gc.collect()
    assert freed
    assert same(known.prepared(recording), voices(stock).prepared(recording))


def test_two_who_ask_for_one_voice_at_once_have_it_learned_once(
    stock: Any, recording: Recording, learned: list[str]
) -> None:
    known = voices(stock)
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(known.prepared, [recording, recording])
    assert one is other
    assert learned == [one.key]


def test_a_voice_at_hand_is_not_kept_waiting_by_one_being_learned(
    stock: Any, make_recording: MakeRecording, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from app.tts.turbo.reference import VoiceLearner

    known = voices(stock, tmp_path)
    in_memory, on_disk, new = (of(make_recording(seconds)) for seconds in (5.1, 5.2, 5.3))
    voices(stock, tmp_path).prepared(on_disk)
    ready = known.prepared(in_memory)
    is_learning, may_go_on = threading.Event(), threading.Event()

    learn = VoiceLearner.learn

    def slow(self: Any, sound: Any, key: str) -> Any:
        is_learning.set()
        assert may_go_on.wait(60)
        return learn(self, sound, key)

    monkeypatch.setattr(VoiceLearner, "learn", slow)
    with ThreadPoolExecutor(1) as pool:
        learning = pool.submit(known.prepared, new)
        assert is_learning.wait(60)
        assert known.prepared(in_memory) is ready
        known.prepared(on_disk)
        assert not learning.done()
        may_go_on.set()
        assert not same(learning.result(), ready)
