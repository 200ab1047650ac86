"""The library on the disk: what is added is found, by everyone, and nothing else is."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.voices import learned
from app.voices import library as library_module
from app.voices.intake import Intake
from app.voices.library import UnknownVoice, VoiceLibrary, VoiceRefused
from app.voices.record import BadName, clean_name, is_voice_id

HOSTILE = [
    "../voices",
    "..",
    "/etc/passwd",
    "%2e%2e",
    "voice_0123456789abcdef\0",
    "voice_0123456789abcdef/..",
    "voice_0123456789ABCDEF",
    "voice_0123456789abcdef.html",
    "voice_0123456789abcdef\n",
    "voice_",
    "learned",
    "",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "voices"


def test_an_empty_library_has_no_voices(library: VoiceLibrary, folder: Path) -> None:
    assert library.all() == []
    assert library.ids() == ()
    assert not folder.exists()


def test_an_added_voice_is_there_for_everyone(library: VoiceLibrary, folder: Path, intake: Intake) -> None:
    record = library.add("  Anna\tMüller ", intake)
    assert record.name == "Anna Müller"
    assert is_voice_id(record.id)
    other = VoiceLibrary(folder)
    assert other.all() == [record]
    assert other.find(record.id) == record
    path = other.recording(record.id)
    assert path is not None
    assert hashlib.sha256(path.read_bytes()).hexdigest() == record.digest
    sound, rate = soundfile.read(path, dtype="float32")
    assert rate == 24_000
    np.testing.assert_allclose(sound, intake.samples, atol=1e-4)
    assert record.seconds == pytest.approx(6.0)
    assert len(record.waveform) == 120
    assert max(record.waveform) == 1


def test_a_voice_is_renamed_and_deleted(library: VoiceLibrary, folder: Path, intake: Intake) -> None:
    anna, ben = library.add("Anna", intake), library.add("Ben", intake)
    assert library.rename(anna.id, "Anne") == replace(anna, name="Anne")
    assert [voice.name for voice in library.all()] == ["Anne", "Ben"]
    library.delete(anna.id)
    assert library.all() == [ben]
    assert [path.name for path in folder.iterdir()] == [ben.id]
    for change in (library.delete, library.find, lambda gone: library.rename(gone, "Anna")):
        with pytest.raises(UnknownVoice):
            change(anna.id)


def test_two_voices_have_two_names(library: VoiceLibrary, intake: Intake) -> None:
    anna = library.add("Anna", intake)
    ben = library.add("Ben", intake)
    with pytest.raises(VoiceRefused, match="already a voice named “ANNA”"):
        library.add("ANNA", intake)
    with pytest.raises(VoiceRefused, match="already"):
        library.rename(ben.id, "anna")
    assert library.rename(anna.id, "anna").name == "anna"


def test_there_is_an_end_to_their_number(
    library: VoiceLibrary, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library_module, "MAX_VOICES", 2)
    for name in ("One", "Two"):
        library.add(name, intake)
    with pytest.raises(VoiceRefused, match="2 voices at most"):
        library.add("Three", intake)


@pytest.mark.parametrize("voice_id", HOSTILE)
def test_what_is_no_id_is_no_voice(voice_id: str, library: VoiceLibrary, intake: Intake) -> None:
    library.add("Anna", intake)
    assert library.recording(voice_id) is None
    for ask in (library.find, library.delete, lambda name: library.rename(name, "Ben")):
        with pytest.raises(UnknownVoice):
            ask(voice_id)


def test_a_link_is_no_voice(library: VoiceLibrary, folder: Path, tmp_path: Path, intake: Intake) -> None:
    real = library.add("Anna", intake)
    (folder / real.id).rename(tmp_path / "elsewhere")
    (folder / real.id).symlink_to(tmp_path / "elsewhere")
    assert library.recording(real.id) is None
    assert library.all() == []


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b'{"name": "Anna"}', b"\xff\xfe", b"[" * 5000]
)
def test_a_damaged_voice_is_left_out_and_the_others_stay(
    content: bytes, library: VoiceLibrary, folder: Path, intake: Intake, caplog: pytest.LogCaptureFixture
) -> None:
    anna, ben = library.add("Anna", intake), library.add("Ben", intake)
    (folder / anna.id / "voice.json").write_bytes(content)
    assert library.all() == [ben]
    assert str(folder / anna.id / "voice.json") in caplog.text


def test_what_others_keep_in_the_folder_is_left_alone(
    library: VoiceLibrary, folder: Path, intake: Intake
) -> None:
    (folder / "learned").mkdir(parents=True)
    (folder / "notes.txt").write_text("mine")
    (folder / ".unfinished-old").mkdir()
    os.utime(folder / ".unfinished-old", (0, 0))
    anna = library.add("Anna", intake)
    assert {path.name for path in folder.iterdir()} == {"learned", "notes.txt", anna.id}


def test_a_full_disk_leaves_the_library_as_it_was(
    library: VoiceLibrary, folder: Path, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = library.add("Anna", intake)
    before = (folder / anna.id / "voice.json").read_text()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", _no_space)
        with pytest.raises(OSError, match="No space"):
            library.add("Ben", intake)
        with pytest.raises(OSError, match="No space"):
            library.rename(anna.id, "Anne")
    assert [path.name for path in folder.iterdir()] == [anna.id]
    assert {path.name for path in (folder / anna.id).iterdir()} == {"voice.json", "recording.flac"}
    assert (folder / anna.id / "voice.json").read_text() == before


def _no_space(_: int) -> None:
    raise OSError(28, "No space left on device")


def test_what_was_learned_of_a_voice_is_known_and_goes_with_it(
    library: VoiceLibrary, folder: Path, intake: Intake
) -> None:
    from safetensors.numpy import save_file

    anna = library.add("Anna", intake)
    other = Intake(-intake.samples, 6.0, "")
    ben = library.add("Ben", other)
    assert library.learned(anna) is None
    (folder / "learned").mkdir()
    for record, seconds in ((anna, "2.13"), (ben, "?")):
        path = folder / "learned" / f"{learned.key(record.digest, 'a model', 1)}.safetensors"
        save_file({"speaker": np.zeros(3, np.float32)}, path, {learned.SECONDS: seconds})
    assert library.learned(anna) == learned.Learned(2.13)
    assert library.learned(ben) == learned.Learned(None)
    library.delete(anna.id)
    assert [path.stem for path in (folder / "learned").iterdir()] == [learned.key(ben.digest, "a model", 1)]
    next((folder / "learned").iterdir()).write_bytes(b"damaged")
    assert library.learned(ben) is None


def test_the_same_recording_under_two_names_is_forgotten_with_the_last(
    library: VoiceLibrary, folder: Path, intake: Intake
) -> None:
    from safetensors.numpy import save_file

    anna, again = library.add("Anna", intake), library.add("Anna again", intake)
    (folder / "learned").mkdir()
    path = folder / "learned" / f"{learned.key(anna.digest, 'a model', 1)}.safetensors"
    save_file({"speaker": np.zeros(3, np.float32)}, path)
    library.delete(anna.id)
    assert library.learned(again) is not None
    library.delete(again.id)
    assert not path.exists()


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("Anna", "Anna"),
        ("  two\n lines\t", "two lines"),
        ("a\u202egnp.exe", "a gnp.exe"),
        ("NUL\0byte", "NUL byte"),
        ("e\u0301", "é"),
        ("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
        ("👩‍🚀 محمد", "👩‍🚀 محمد"),
    ],
)
def test_names_are_cleaned_of_what_is_not_seen(given: str, name: str) -> None:
    assert clean_name(given) == name


@pytest.mark.parametrize("given", ["", " \t\n", "\0\u200e", "x" * 61, "x" * 1_000_000])
def test_a_name_has_to_be_one(given: str) -> None:
    with pytest.raises(BadName):
        clean_name(given)


def test_a_record_holds_only_what_is_needed(library: VoiceLibrary, folder: Path, intake: Intake) -> None:
    record = library.add("Anna", intake)
    kept = json.loads((folder / record.id / "voice.json").read_text())
    assert set(kept) == {"name", "created_at", "seconds", "speech_seconds", "digest", "waveform"}
