"""The life of a model: loading, being used, unloading, and each of them in the midst of another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.conversation.stop import StopFlag
from app.models import Model, ModelBusy, ModelNotReady, State
from app.progress import Progress


class Engine:
    """An engine of no use but to be loaded and unloaded."""

    name = "Test voice"
    device = "cpu"
    notice = ""

    def __init__(self) -> None:
        self.unloads = 0

    def unload(self) -> None:
        self.unloads += 1


class Loader:
    """Loads engines, each when the test lets it."""

    def __init__(self) -> None:
        self.may_finish = threading.Event()
        self.began = threading.Semaphore(0)
        self.engines: list[Engine] = []
        self.failure: Exception | None = None

    def __call__(self, progress: Progress) -> Any:
        self.began.release()
        assert self.may_finish.wait(10)
        progress.report("Finishing", 2, 2)
        if self.failure is not None:
            raise self.failure
        self.engines.append(Engine())
        return self.engines[-1]


@pytest.fixture
def loader() -> Iterator[Loader]:
    loader = Loader()
    yield loader
    loader.may_finish.set()


@pytest.fixture
def model(loader: Loader) -> Model[Any]:
    return Model("tts", loader)


def in_background(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_it_is_unloaded_until_asked_for(model: Model[Any]) -> None:
    assert model.snapshot() == {
        "state": "unloaded",
        "name": "",
        "device": "",
        "precision": "",
        "notice": "",
        "progress": None,
        "error": None,
        "load_seconds": None,
        "demo": False,
        "switching": False,
        "goes_when_free": False,
        "in_use": [],
        "idle_seconds": None,
    }


def test_loading_goes_on_in_the_background_and_is_shown(model: Model[Any], loader: Loader) -> None:
    model.load()
    assert model.snapshot()["state"] == "loading"
    assert model.snapshot()["progress"]["stage"]
    loader.may_finish.set()
    assert model.wait(10) is loader.engines[0]
    shown = model.snapshot()
    assert (shown["state"], shown["name"], shown["progress"]) == ("ready", "Test voice", None)
    assert shown["load_seconds"] >= 0


def test_asking_often_loads_once(model: Model[Any], loader: Loader) -> None:
    loader.may_finish.set()
    threads = [in_background(model.wait) for _ in range(20)]
    for thread in threads:
        thread.join(10)
    model.load()
    assert len(loader.engines) == 1


def test_a_failed_load_says_why_and_may_be_tried_again(model: Model[Any], loader: Loader) -> None:
    loader.may_finish.set()
    loader.failure = RuntimeError("The file voice.onnx is missing. Load the model again to fetch it.")
    with pytest.raises(ModelNotReady, match=r"voice\.onnx is missing"):
        model.wait(10)
    assert model.state is State.FAILED
    assert "voice.onnx" in model.snapshot()["error"]

    loader.failure = None
    assert model.wait(10) is loader.engines[0]
    assert model.snapshot()["error"] is None


def test_a_failure_without_a_word_still_has_a_name(model: Model[Any], loader: Loader) -> None:
    loader.may_finish.set()
    loader.failure = MemoryError()
    with pytest.raises(ModelNotReady, match="MemoryError"):
        model.wait(10)


def test_whoever_waits_too_long_is_told_that_it_is_still_loading(model: Model[Any], loader: Loader) -> None:
    with pytest.raises(ModelNotReady, match="still loading"):
        model.wait(0.01)
    loader.may_finish.set()
    assert model.wait(10)


def test_a_stop_ends_the_waiting_of_its_turn_and_not_the_load(model: Model[Any], loader: Loader) -> None:
    stop = StopFlag()
    refused: list[str] = []

    def turn() -> None:
        try:
            with model.use(stop):
                refused.append("not at all")
        except ModelNotReady as problem:
            refused.append(str(problem))

    waiting = in_background(turn)
    assert loader.began.acquire(timeout=10)
    stop.set()
    waiting.join(10)
    assert refused
    assert "still loading" in refused[0]
    loader.may_finish.set()
    assert model.wait(10)


def test_unloading_frees_the_engine_and_using_it_loads_it_again(model: Model[Any], loader: Loader) -> None:
    loader.may_finish.set()
    with model.use() as first:
        pass
    model.unload()
    assert first.unloads == 1
    assert model.loaded is None
    with model.use() as second:
        assert second is not first
    assert first.unloads == 1


def test_an_engine_in_use_is_not_unloaded(model: Model[Any], loader: Loader) -> None:
    loader.may_finish.set()
    with model.use() as engine:
        with model.use(), pytest.raises(ModelBusy):
            model.unload(timeout=0)
        with pytest.raises(ModelBusy):
            model.unload(timeout=0)
        assert engine.unloads == 0
        assert model.state is State.READY
    model.unload(timeout=0)
    assert engine.unloads == 1


def test_unloading_waits_for_the_one_who_is_still_speaking(model: Model[Any], loader: Loader) -> None:
    loader.may_finish.set()
    with model.use() as engine:
        unloading = in_background(lambda: model.unload(timeout=10))
        assert engine.unloads == 0
    unloading.join(10)
    assert (engine.unloads, model.state) == (1, State.UNLOADED)


def test_an_error_while_in_use_gives_the_engine_back(model: Model[Any], loader: Loader) -> None:
    loader.may_finish.set()
    with pytest.raises(ZeroDivisionError), model.use():
        _ = 1 / 0
    model.unload(timeout=0)
    assert loader.engines[0].unloads == 1


def test_unloading_gives_up_a_load_and_nothing_of_it_stays(loader: Loader) -> None:
    ended = threading.Event()

    def choose(progress: Progress) -> Any:
        try:
            return loader(progress)
        finally:
            ended.set()

    model: Model[Any] = Model("tts", choose)
    model.load()
    assert loader.began.acquire(timeout=10)
    model.unload()
    assert model.state is State.UNLOADED
    loader.may_finish.set()
    assert ended.wait(10)
    assert loader.engines == []  # it was given up at its next report
    assert model.snapshot()["state"] == "unloaded"


def test_a_load_may_be_put_off_and_given_up_before_it_begins(model: Model[Any], loader: Loader) -> None:
    loader.may_finish.set()
    model.load(after=3600)
    assert model.state is State.LOADING
    model.unload()
    assert model.wait(10)
    assert len(loader.engines) == 1  # of the second load; the first never began


def test_an_engine_that_comes_too_late_is_freed() -> None:
    late, may_finish, freed = Engine(), threading.Event(), threading.Event()
    late.unload = freed.set  # type: ignore[method-assign]

    def choose(progress: Progress) -> Any:
        assert may_finish.wait(10)
        return late

    model: Model[Any] = Model("tts", choose)
    model.load()
    model.unload()
    may_finish.set()
    assert freed.wait(10)
    assert model.loaded is None


def test_a_load_begun_after_one_was_given_up_is_not_disturbed_by_it(loader: Loader) -> None:
    model: Model[Any] = Model("tts", loader)
    model.load()
    assert loader.began.acquire(timeout=10)
    model.unload()
    model.load()
    assert loader.began.acquire(timeout=10)
    loader.may_finish.set()
    assert model.wait(10) is loader.engines[0]
    assert len(loader.engines) == 1
    assert model.state is State.READY


def test_everyone_who_asked_hears_of_each_change(model: Model[Any], loader: Loader) -> None:
    heard: list[tuple[str, str]] = []

    def listen(model: Model[Any]) -> None:
        shown = model.snapshot()
        heard.append((shown["state"], (shown["progress"] or {}).get("stage", "")))

    unsubscribe = model.subscribe(listen)
    loader.may_finish.set()
    model.wait(10)
    model.unload()
    assert heard == [("loading", "Starting"), ("loading", "Finishing"), ("ready", ""), ("unloaded", "")]
    unsubscribe()
    unsubscribe()
    model.wait(10)
    assert len(heard) == 4
