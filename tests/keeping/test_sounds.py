"""What was said can be heard again, where the person wants that."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.archive.records import MessageRecord
from app.engines import Samples
from app.keeping import opus
from app.keeping.files import SpeechFiles
from app.keeping.joined import JoinedWav, joined_opus
from tests.conversation.scripted import Hanging, says
from tests.keeping.conftest import House, Tab
from tests.waiting import wait_until


@pytest.fixture
def house(house: House) -> House:
    house.set(keep_speech=True)
    house.voice._samples = 240  # ten milliseconds a letter
    return house


def say(tab: Tab, seconds: float) -> None:
    tone = 8_000 * np.sin(np.arange(int(seconds * 24_000)) / 20)
    tab.session.append_audio(tone.astype("<i2").tobytes())
    tab.session.commit_audio()


def with_speech(house: House, tab: Tab, count: int) -> list[MessageRecord]:
    """The messages, once the sound of ``count`` of them is kept."""
    wait_until(lambda: sum(bool(message.speech) for message in house.kept(tab.id)) == count)
    return house.kept(tab.id)


def duration_ms(house: House, message: MessageRecord) -> int:
    path = house.files.path(message.conversation_id, message.id)
    return round(opus.length(path) * 1000 / opus.RATE)


def test_both_sides_are_kept_and_told(house: House) -> None:
    tab = house.tab()
    say(tab, 1.5)
    tab.session.create_response()
    question, answer = with_speech(house, tab, 2)
    assert question.speech is not None
    assert answer.speech is not None
    assert question.speech.duration_ms == duration_ms(house, question) == pytest.approx(1500, abs=20)
    letters = len(house.voice.spoken[0]) + len(house.voice.spoken[-1]) * (len(house.voice.spoken) - 1)
    assert answer.speech.duration_ms == duration_ms(house, answer) == 10 * letters
    assert answer.speech.bytes == house.files.path(tab.id, answer.id).stat().st_size
    heard = {e.message["id"]: e.message["speech"] for e in tab.ear.of("vox.message")}
    wait_until(lambda: {question.id, answer.id} <= {e.message["id"] for e in tab.ear.of("vox.message")})
    assert all(speech["duration_ms"] for speech in heard.values())


def test_nothing_is_kept_unasked(house: House) -> None:
    house.set(keep_speech=False)
    tab = house.tab()
    say(tab, 0.5)
    tab.session.create_response()
    tab.ear.until("response.done")
    wait_until(lambda: house.kept(tab.id)[-1].state == "completed")
    assert house.desk.sounds.settle(10)
    assert house.archive.conversations.speech_count() == 0
    assert not house.files.folder.exists()


def test_of_a_stopped_reply_what_was_heard_is_kept(house: House) -> None:
    house.voice._samples = 1_200  # 50 ms a letter
    house.answers(
        hanging := Hanging("This is the first of two sentences. ", "And this is the second. ", "No.")
    )
    tab = house.tab()
    tab.type("Go on")
    tab.session.create_response()
    assert hanging.is_hanging.wait(20)
    tab.ear.until("vox.phrase", 1)
    reply = tab.ear.until("response.output_item.added").item
    wait_until(lambda: tab.session._history.get(reply.id).spoken.played_ms > 700)
    tab.session.cancel_response()
    (_, kept) = with_speech(house, tab, 1)
    heard = tab.session._history.get(reply.id).spoken.played_ms
    assert duration_ms(house, kept) == pytest.approx(heard, abs=2)

    tab.session.truncate_item(reply.id, 0, 600)  # the client knows better
    wait_until(lambda: duration_ms(house, kept) == 600)
    wait_until(lambda: [m.speech.duration_ms for m in house.kept(tab.id) if m.speech] == [600])


def test_the_oldest_goes_where_there_is_no_space_left(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.answers(says("A short answer."))
    tab = house.tab()
    for number in range(1, 4):
        say(tab, 1)
        tab.ear.until("conversation.item.input_audio_transcription.completed", number)
    oldest, *_ = with_speech(house, tab, 3)
    total = house.archive.conversations.speech_total()
    monkeypatch.setattr("app.keeping.sounds.limit_bytes", lambda settings: total + 100)
    say(tab, 1)
    wait_until(lambda: house.archive.conversations.speech(tab.id, oldest.id) is None)
    assert [bool(m.speech) for m in with_speech(house, tab, 3)] == [False, True, True, True]
    assert not house.files.path(tab.id, oldest.id).exists()
    # With less space than before the oldest go at once.
    monkeypatch.setattr("app.keeping.sounds.limit_bytes", lambda settings: 0)
    house.desk.settings_changed()
    assert [bool(m.speech) for m in house.kept(tab.id)] == [False] * 4


def test_a_removed_message_takes_its_sound_along(house: House) -> None:
    tab = house.tab()
    say(tab, 1)
    (message,) = with_speech(house, tab, 1)
    path = house.files.path(tab.id, message.id)
    assert path.exists()
    tab.session.delete_item(message.id)
    wait_until(lambda: not path.exists())
    assert not path.parent.exists()


def test_all_of_it_can_be_thrown_away(house: House) -> None:
    tab = house.tab()
    say(tab, 1)
    with_speech(house, tab, 1)
    house.desk.sounds.clear(house.archive.conversations)
    assert [message.speech for message in house.kept(tab.id)] == [None]
    assert list(house.files.folder.iterdir()) == []
    wait_until(lambda: tab.ear.of("vox.message")[-1].message["speech"] is None)


def test_where_sound_cannot_be_kept_the_words_are(house: House) -> None:
    house.files.folder.write_text("in the way")
    tab = house.tab()
    say(tab, 1)
    assert tab.ear.until("vox.notice").code == "speech_not_kept"
    assert house.texts(tab.id) == [house.heard]
    house.files.folder.unlink()
    say(tab, 2)
    assert tab.ear.until("vox.notice", 2).code == "speech_kept_again"


def test_a_full_disk_is_said_with_what_helps(house: House) -> None:
    house.files.folder.mkdir()
    (house.files.folder / "next.part").symlink_to("/dev/full")
    tab = house.tab()
    say(tab, 1)
    assert "Free some space" in tab.ear.until("vox.notice").message
    assert list(house.files.folder.glob("*/*.ogg")) == []


@pytest.mark.parametrize(
    "id_", ["../../x", "/etc/passwd", "a\x00b", "C:\\x", "é" * 300, "item_1/../../x", ""]
)
def test_ids_that_others_chose_are_no_file_names(id_: str, tmp_path: Path) -> None:
    path = SpeechFiles(tmp_path).path(id_, id_)
    assert path.parent.parent == tmp_path
    assert path.name.removesuffix(".ogg").isalnum()


def tone(hertz: float, seconds: float) -> Samples:
    times = np.arange(int(seconds * 24_000)) / 24_000
    return np.asarray(0.3 * np.sin(2 * np.pi * hertz * times), dtype=np.float32)


def loudest(pcm: opus.Pcm) -> float:
    """The frequency that is loudest, in Hz; 0 for silence."""
    if not np.abs(pcm).max() > 300:
        return 0.0
    return float(np.abs(np.fft.rfft(pcm.astype(float))).argmax() * 24_000 / pcm.size)


@pytest.fixture
def tones(tmp_path: Path) -> list[Path]:
    files = []
    for hertz, seconds in ((300, 1.0), (700, 2.5), (1100, 0.01)):
        path = tmp_path / f"{hertz}.ogg"
        for _ in opus.encode([opus.pcm([tone(hertz, seconds)], opus.RATE)], str(path)):
            pass
        files.append(path)
    return files


def test_messages_follow_each_other_with_short_pauses(tones: list[Path], tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    whole.write_bytes(JoinedWav(tones).read())
    pcm, rate = soundfile.read(whole, dtype="int16")
    assert (rate, pcm.size) == (24_000, 24_000 + 12_000 + 60_000 + 12_000 + 240)
    assert loudest(pcm[2_000:20_000]) == pytest.approx(300, abs=5)
    assert loudest(pcm[25_000:35_000]) == 0.0
    assert loudest(pcm[40_000:90_000]) == pytest.approx(700, abs=5)

    whole.write_bytes(b"".join(joined_opus(tones)))
    again, rate = soundfile.read(whole, dtype="int16")
    assert (rate, again.size) == (24_000, pcm.size)
    assert loudest(again[40_000:90_000]) == pytest.approx(700, abs=5)


def test_it_can_be_read_from_any_place(tones: list[Path]) -> None:
    whole = JoinedWav(tones).read()
    wav = JoinedWav(tones)
    assert wav.size == len(whole)
    for at in chain(range(50), (47_999, 72_043, 72_044, 72_045, 150_001, len(whole) - 1, len(whole), 10**9)):
        wav.seek(at)
        piece = wav.read(1_001)
        assert len(piece) == len(whole[at : at + 1_001])
        if at < 72_000:  # Opus decodes a little differently where it is entered
            expected = np.frombuffer(whole[at : at + 1_001][at % 2 :][: 2 * ((len(piece) - 1) // 2)], "<i2")
            found = np.frombuffer(piece[at % 2 :][: 2 * ((len(piece) - 1) // 2)], "<i2")
            assert np.abs(expected.astype(int) - found).max() < 500
