"""The brain behind a server: what is asked, what comes of each way in which servers answer or fail."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.conversation.stop import StopFlag
from app.engines import EngineError, Message, ReplyCutShort, Stop
from app.llm.chat import ChatBrain
from tests.llm.chat_server import PATIENCE, ChatServer, Exchange, answering, event, listing, telling

Serve = Callable[..., ChatServer]
Connect = Callable[..., ChatBrain]

QUESTION = [Message("system", "Be brief."), Message("user", "Who are you?")]


def ask(brain: ChatBrain, stop: Stop | None = None, max_tokens: int = 50) -> Iterator[str]:
    return brain.reply(QUESTION, stop or StopFlag(), max_tokens)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


# ----- talking


def test_text_arrives_in_pieces_once_and_in_order(serve: Serve, connect: Connect) -> None:
    brain = connect(serve(telling("I am", " a", " test", ".")).url)
    assert list(ask(brain)) == ["I am", " a", " test", "."]


def test_text_arrives_while_the_rest_is_still_being_written(serve: Serve, connect: Connect) -> None:
    goes_on = threading.Event()

    def chat(exchange: Exchange) -> None:
        exchange.begin()
        exchange.say("First")
        assert goes_on.wait(PATIENCE)
        exchange.say(" last", finish="stop")
        exchange.end()

    reply = ask(connect(serve(chat).url))
    assert next(reply) == "First"
    goes_on.set()
    assert "".join(reply).strip() == "last"


def test_characters_survive_being_cut_anywhere(serve: Serve, connect: Connect) -> None:
    def chat(exchange: Exchange) -> None:
        exchange.begin()
        for byte in event("Grüße, 世界 👋") + event(finish="stop"):
            exchange.send(bytes([byte]))
        exchange.end()

    assert "".join(ask(connect(serve(chat).url))) == "Grüße, 世界 👋"


def test_the_request_says_what_was_set_and_nothing_else(serve: Serve, connect: Connect) -> None:
    server = serve(telling("Yes."))
    list(ask(connect(server.url, "tiny", key="secret"), max_tokens=77))
    list(ask(connect(server.url, "tiny", temperature=0.5)))
    first, second = server.chats
    assert first.body == {
        "model": "tiny",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Who are you?"},
        ],
        "max_tokens": 77,
        "stream": True,
    }
    assert first.headers["Authorization"] == "Bearer secret"
    assert second.body["temperature"] == 0.5


def test_reasoning_is_not_part_of_the_reply(serve: Serve, connect: Connect) -> None:
    def chat(exchange: Exchange) -> None:
        exchange.begin()
        exchange.say(reasoning_content="They ask who I am.")
        exchange.say("<think>Let me")
        exchange.say(" see.</think>")
        exchange.say("A test.", finish="stop")
        exchange.end()

    assert "".join(ask(connect(serve(chat).url))) == "A test."


def test_two_replies_do_not_wait_for_each_other(serve: Serve, connect: Connect) -> None:
    both = threading.Barrier(2, timeout=PATIENCE)

    def chat(exchange: Exchange) -> None:
        both.wait()
        telling("Here.")(exchange)

    brain = connect(serve(chat).url)
    with ThreadPoolExecutor(2) as pool:
        replies = list(pool.map(lambda _: list(ask(brain)), range(2)))
    assert replies == [["Here."], ["Here."]]


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(
    serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    assert list(ask(connect(serve(telling("Direct.")).url))) == ["Direct."]


# ----- ends


def test_a_reply_at_its_longest_length_says_so_after_its_text(serve: Serve, connect: Connect) -> None:
    reply = ask(connect(serve(telling("One,", " two,", finish="length")).url))
    assert [next(reply), next(reply)] == ["One,", " two,"]
    with pytest.raises(ReplyCutShort):
        next(reply)


def test_reasoning_that_uses_up_all_tokens_is_told_as_such(serve: Serve, connect: Connect) -> None:
    brain = connect(serve(telling("<think>Hm, ", "let me think", finish="length")).url)
    with pytest.raises(EngineError, match="VOX_MAX_REPLY_TOKENS") as caught:
        list(ask(brain))
    assert not isinstance(caught.value, ReplyCutShort)


# ----- stopping


def hang_at_once(exchange: Exchange) -> None:
    exchange.hang()


def hang_after_the_head(exchange: Exchange) -> None:
    exchange.begin()
    exchange.hang()


def hang_after_a_word(exchange: Exchange) -> None:
    exchange.begin()
    exchange.say("Well,")
    exchange.hang()


@pytest.mark.parametrize("hang", [hang_at_once, hang_after_the_head, hang_after_a_word])
@pytest.mark.parametrize("new_stop", [StopFlag, threading.Event])
def test_a_stop_closes_the_request_of_a_server_that_hangs(
    serve: Serve,
    connect: Connect,
    hang: Callable[[Exchange], None],
    new_stop: Callable[[], StopFlag | threading.Event],
) -> None:
    server, stop = serve(hang), new_stop()
    brain = connect(server.url)
    with ThreadPoolExecutor(1) as pool:
        reply = pool.submit(lambda: list(ask(brain, stop)))
        assert server.hanging.wait(PATIENCE)
        stop.set()
        assert reply.result(PATIENCE) in ([], ["Well,"])
    assert server.abandoned.wait(PATIENCE)


def test_nothing_is_said_after_a_stop_though_more_has_arrived(serve: Serve, connect: Connect) -> None:
    server, stop = serve(telling("One.", "Two.", "Three.")), StopFlag()
    reply = ask(connect(server.url), stop)
    assert next(reply) == "One."
    assert server.handled.wait(PATIENCE)
    stop.set()
    assert list(reply) == []


def test_a_reply_that_is_stopped_before_it_is_asked_for_is_empty(serve: Serve, connect: Connect) -> None:
    stop = StopFlag()
    stop.set()
    assert list(ask(connect(serve(telling("No.")).url), stop)) == []


def test_a_reply_that_is_no_longer_read_is_closed(serve: Serve, connect: Connect) -> None:
    server = serve(hang_after_a_word)
    reply = ask(connect(server.url))
    assert next(reply) == "Well,"
    reply.close()  # type: ignore[attr-defined]
    assert server.abandoned.wait(PATIENCE)


# ----- failing


def failure(brain: ChatBrain) -> tuple[str, str]:
    """The text before a failure, and its sentence."""
    said = ""
    try:
        for text in ask(brain):
            said += text
    except ReplyCutShort:
        pytest.fail("the reply was cut short")
    except EngineError as problem:
        return said, str(problem)
    pytest.fail(f"the reply did not fail: {said}")


def test_a_refused_connection_says_what_to_start_or_set(connect: Connect) -> None:
    port = free_port()
    said, sentence = failure(connect(f"http://127.0.0.1:{port}/v1"))
    assert said == ""
    assert sentence == f"No language model answers at http://127.0.0.1:{port}. Start it, or set VOX_LLM_URL."


def test_a_server_that_never_answers_is_given_up(serve: Serve, connect: Connect) -> None:
    server = serve(hang_at_once)
    _, sentence = failure(connect(server.url, first_token_timeout=0.3))
    assert "has sent nothing for 0.3 seconds" in sentence
    assert server.abandoned.wait(PATIENCE)


def test_keep_alive_comments_are_no_answer(serve: Serve, connect: Connect) -> None:
    def chat(exchange: Exchange) -> None:
        exchange.begin()
        while not exchange.server.ended.wait(0.05):
            exchange.send(b": ping\n\n")

    _, sentence = failure(connect(serve(chat).url, first_token_timeout=0.5))
    assert "has sent nothing" in sentence


def test_a_server_that_hangs_in_its_reply_is_given_up_and_its_text_kept(
    serve: Serve, connect: Connect
) -> None:
    said, sentence = failure(connect(serve(hang_after_a_word).url, next_token_timeout=0.3))
    assert said == "Well,"
    assert "has sent nothing for 0.3 seconds" in sentence


def test_a_server_that_dies_in_its_reply_leaves_its_text_and_the_next_turn_works(
    serve: Serve, connect: Connect
) -> None:
    def chat(exchange: Exchange) -> None:
        if len(exchange.server.chats) > 1:
            return telling("Back.")(exchange)
        exchange.begin()
        exchange.say("I was about to")
        return exchange.die()

    brain = connect(serve(chat).url)
    said, sentence = failure(brain)
    assert said == "I was about to"
    assert "broke off in the middle of its reply" in sentence
    assert list(ask(brain)) == ["Back."]


def test_a_stream_that_ends_without_its_end_broke_off(serve: Serve, connect: Connect) -> None:
    def chat(exchange: Exchange) -> None:
        exchange.begin()
        exchange.say("I was about to")
        exchange.end()

    said, sentence = failure(connect(serve(chat).url))
    assert said == "I was about to"
    assert "broke off in the middle of its reply" in sentence


@pytest.mark.parametrize(
    ("key", "advice"),
    [("", "wants a key. Set VOX_LLM_KEY."), ("wrong", "does not accept the key in VOX_LLM_KEY.")],
)
def test_a_refused_key_is_told(serve: Serve, connect: Connect, key: str, advice: str) -> None:
    server = serve(answering({"error": {"message": "no"}}, 401))
    assert failure(connect(server.url, key=key))[1].endswith(advice)


def test_a_model_that_is_not_there_is_told_with_those_that_are(serve: Serve, connect: Connect) -> None:
    missing = answering({"error": {"message": "model 'test' not found"}}, 404)
    server = serve(missing, {"/v1/models": listing("llama3.2:3b", "qwen3:4b")})
    sentence = failure(connect(server.url))[1]
    assert "has no model 'test'" in sentence
    assert "VOX_LLM_MODEL to one of: llama3.2:3b, qwen3:4b." in sentence


def test_a_conversation_beyond_the_window_is_told_as_such(serve: Serve, connect: Connect) -> None:
    message = "request (5012 tokens) exceeds the available context size (4096 tokens), try increasing it"
    server = serve(answering({"error": {"message": message, "type": "exceed_context_size_error"}}, 400))
    assert "VOX_LLM_CONTEXT" in failure(connect(server.url))[1]


def test_a_servers_own_error_is_passed_on(serve: Serve, connect: Connect) -> None:
    server = serve(answering({"error": {"message": "model requires more system memory"}}, 500))
    assert failure(connect(server.url))[1].endswith(
        "answered with an error (500): model requires more system memory"
    )


def test_an_error_within_the_stream_is_passed_on_after_the_text(serve: Serve, connect: Connect) -> None:
    def chat(exchange: Exchange) -> None:
        exchange.begin()
        exchange.say("Then")
        exchange.send(f"data: {json.dumps({'error': {'message': 'slot was lost'}})}\n\n".encode())
        exchange.end()

    said, sentence = failure(connect(serve(chat).url))
    assert said == "Then"
    assert sentence.endswith("answered with an error: slot was lost")


@pytest.mark.parametrize(
    "body",
    [b"<html>Welcome</html>", b"", b"data: not json\n\n", b"\xff\xfe\x00", b'data: {"choices": 5}\n\n'],
)
def test_what_is_no_language_model_is_told_as_such(serve: Serve, connect: Connect, body: bytes) -> None:
    server = serve(lambda exchange: exchange.page(200, "text/html", body))
    assert "not as a language model. Check VOX_LLM_URL" in failure(connect(server.url))[1]


def test_an_unloaded_brain_says_so_and_can_be_loaded_again(serve: Serve, connect: Connect) -> None:
    from app.progress import Progress

    brain = connect(serve(telling("Yes.")).url)
    brain.unload()
    brain.unload()
    with pytest.raises(EngineError, match="Load it"):
        list(ask(brain))
    brain.load(Progress())
    assert list(ask(brain)) == ["Yes."]
