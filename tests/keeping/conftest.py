"""A desk over a real database, and tabs at it with scripted engines."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.archive.address import FILE_NAME
from app.archive.archive import Archive
from app.archive.database import Database
from app.archive.records import MessageRecord, UnknownConversation
from app.conversation.session import Session
from app.keeping.desk import Desk
from app.keeping.files import SpeechFiles
from app.keeping.opened import NEW
from app.models import Models
from app.settings import Settings
from tests.conversation.scripted import (
    Ear,
    Script,
    ScriptedBrain,
    ScriptedSynthesizer,
    ScriptedTranscriber,
    says,
    scripted_models,
)


class Tab:
    """One client on one conversation."""

    def __init__(self, house: House, asked: str) -> None:
        self.ear = Ear()
        self.seat = house.desk.open(asked, self.ear)
        self.session = Session(house.models, lambda: house.settings, self.ear, self.seat.opened)
        self.session.start()
        house.desk.welcome(self.seat, self.session)

    @property
    def id(self) -> str:
        return self.seat.conversation.id

    def type(self, text: str, item_id: str | None = None) -> None:
        content = [{"type": "input_text", "text": text}]
        item: dict[str, Any] = {"type": "message", "role": "user", "content": content}
        self.session.create_item(item | ({"id": item_id} if item_id else {}))

    def ask(self, text: str) -> Any:
        """A typed question and its answer, until that is made; returns its ``response.done``."""
        answered = len(self.ear.of("response.done"))
        self.type(text)
        self.session.create_response()
        return self.ear.until("response.done", answered + 1)


class House:
    """A server's keeping, without the server."""

    def __init__(self, archive: Archive, folder: Path) -> None:
        self.archive = archive
        self.folder = folder
        self.files = SpeechFiles(folder / "speech")
        self.settings = Settings()
        self.brain = ScriptedBrain(says("It rains. ", "Take a coat."))
        self.voice = ScriptedSynthesizer(samples=10)
        self.heard = "What is it like outside?"
        self.models: Models = scripted_models(
            ScriptedTranscriber(lambda stop: iter([self.heard])), self.brain, self.voice
        )
        self.desk = Desk(
            lambda: self.archive.conversations, self.models.llm, lambda: self.settings, self.files
        )
        self._tabs: list[Tab] = []

    def tab(self, asked: str = NEW) -> Tab:
        tab = Tab(self, asked)
        self._tabs.append(tab)
        return tab

    def set(self, **settings: Any) -> None:
        self.settings = replace(self.settings, **settings)

    def answers(self, script: Script) -> None:
        """What the brain answers from now on."""
        self.brain._script = script

    def kept(self, conversation_id: str) -> list[MessageRecord]:
        """What is in the archive of a conversation, once all is written that is to be now."""
        assert self.desk.writer.settle(20)
        try:
            return self.archive.conversations.messages(conversation_id)
        except UnknownConversation:  # what was said first is still being transcribed
            return []

    def texts(self, conversation_id: str) -> list[str]:
        return [message.text for message in self.kept(conversation_id)]

    def close(self) -> None:
        for tab in self._tabs:
            tab.session.close()
        self.desk.close(5)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("empty")
    Archive.open(Settings(data_dir=folder)).close()
    return folder / FILE_NAME


@pytest.fixture
def house(tmp_path: Path, empty_database: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    # Seconds that a write waits for a database that another program has locked.
    monkeypatch.setattr(Database.writing.__wrapped__, "__defaults__", (0.05,))  # type: ignore[attr-defined]
    shutil.copy(empty_database, tmp_path / FILE_NAME)
    archive = Archive.open(Settings(data_dir=tmp_path))
    house = House(archive, tmp_path)
    yield house
    house.close()
    archive.close()
