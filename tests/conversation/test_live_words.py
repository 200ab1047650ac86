"""What is shown of an utterance while it goes on."""

from app.conversation.live_words import LiveWords


def test_words_are_stable_once_two_readings_agree_on_them() -> None:
    live = LiveWords()
    assert live.read("What is") == ("", "What is")
    assert live.read("What is the cat") == ("What is", "the cat")
    assert live.read("What is the capital of France?") == ("What is the", "capital of France?")


def test_marks_and_capitals_that_come_with_the_rest_of_a_sentence_call_nothing_in_question() -> None:
    live = LiveWords()
    live.read("I think.")
    assert live.read("I think, so I am") == ("I think,", "so I am")


def test_a_reading_that_stumbles_does_not_make_stable_words_unstable() -> None:
    live = LiveWords()
    live.read("one two three")
    live.read("one two three four")
    assert live.read("won two three four five") == ("won two three", "four five")


def test_a_shorter_reading_is_shown_as_it_is() -> None:
    live = LiveWords()
    live.read("one two three")
    live.read("one two three")
    assert live.read("one") == ("one", "")
