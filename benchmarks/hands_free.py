"""How long a person waits when talking hands-free, in the real page:
``python -m benchmarks.hands_free [--questions N] [--interruptions N] [--json]``.

Questions with varied endings, hesitations and rooms are spoken to the page in a Chromium, whose
server runs the offline pack in a process of its own (settings VOX_… may name other engines). An ear
at the loudspeaker measures from the last voiced sample of the question to the first audible one of the
answer; the page's own measure stands beside it. The same questions also go the plain way: one second of
silence, then the whole transcription, the whole reply, the whole speech. Both in turns, in one run.

``--sessions N`` instead measures the server's own share with that many conversations at once
(benchmarks/hands_free_load.py).
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import statistics
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import soxr

from app.assembly import assemble
from app.settings import Settings
from benchmarks import hands_free_load
from benchmarks.hands_free_page import PARTS, Answer, conversation
from benchmarks.machine import describe
from benchmarks.questions import TEXTS, Question, interruptions, questions
from benchmarks.server import served_apart
from benchmarks.turn import one_after_the_other
from tests.browser.mouth import MOUTH_RATE
from tests.sound import likeness

PACK = {"VOX_TTS": "piper", "VOX_LLM_URL": "builtin", "VOX_OFFLINE": "true"}

#: Seconds of silence after which the plain recipe believes that the person has finished.
PLAIN_SILENCE = 1.0


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--questions", type=int, default=len(TEXTS), help="how many are asked")
    parser.add_argument("--interruptions", type=int, default=10, help="how many answers are interrupted")
    parser.add_argument("--sessions", type=int, default=0, help="measure so many conversations at once")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # a line for each connection
    if arguments.sessions:
        figures = hands_free_load.measure(arguments.sessions)
        print(json.dumps(figures, indent=2) if arguments.json else hands_free_load.table(figures))
        return
    figures = measure(arguments.questions, arguments.interruptions)
    print(json.dumps(figures, indent=2) if arguments.json else table(figures))


def measure(question_count: int, interruption_count: int) -> dict[str, Any]:
    settings = Settings.from_environment({**PACK, **os.environ})
    models = assemble(settings)
    models.wait()
    asked = list(questions(question_count))
    answers, plain = [], []
    with (
        served_apart(settings, partial(assemble, settings)) as address,
        conversation(f"http://{address}") as page,
    ):
        page.ask(asked[0])  # warm-up of both ways
        one_after_the_other(settings, models, _recorded(asked[0]))
        for question in asked:
            answers.append(page.ask(question))
            seconds = PLAIN_SILENCE + one_after_the_other(settings, models, _recorded(question))
            plain.append(seconds * 1000)
        silenced = [page.interrupt(words) for words in interruptions(interruption_count)]
        latency = page.latency_ms
    engines = [model.wait().name for model in models]
    models.unload()
    return {
        "machine": describe(),
        "engines": engines,
        "loudspeaker_latency_ms": round(latency),
        **_of_answers(asked, answers, plain),
        "barge_in_ms": _worst([ms for ms in silenced if ms is not None]),
        "not_interrupted": sum(ms is None for ms in silenced),
        "interruptions": len(silenced),
    }


def _of_answers(asked: Sequence[Question], answers: Sequence[Answer], plain: list[float]) -> dict[str, Any]:
    totals = [answer.total for answer in answers if answer.total is not None and not answer.cut_in]
    shown = {
        part: _spread([answer.shown[part] for answer in answers if part in answer.shown]) for part in PARTS
    }
    return {
        "questions": len(asked),
        "with_hesitations": sum(bool(question.hesitations) for question in asked),
        "total_ms": _spread(totals),
        "shown_ms": shown,
        "plain_ms": _spread(plain),
        "ratio_of_medians": _ratio(plain, totals),
        "false_cut_ins": [q.text for q, answer in zip(asked, answers, strict=True) if answer.cut_in],
        "missed_ends": [q.text for q, answer in zip(asked, answers, strict=True) if answer.missed],
        "likeness_of_words": _likeness(asked, answers),
        "stop_all_ms": _worst([answer.stopped for answer in answers if answer.stopped is not None]),
        "each": [
            {"text": q.text, "total": answer.total, **answer.shown, "heard": answer.heard}
            for q, answer in zip(asked, answers, strict=True)
        ],
    }


def _recorded(question: Question) -> Any:
    """``question`` at 24 kHz as a microphone in its room has it."""
    noise = np.random.default_rng(0).standard_normal(question.samples.size) * 10 ** (question.room / 20)
    return soxr.resample((question.samples + noise).astype(np.float32), MOUTH_RATE, 24_000)


def _likeness(asked: Sequence[Question], answers: Sequence[Answer]) -> float:
    pairs = zip(asked, answers, strict=True)
    return round(statistics.mean(likeness(question.words, answer.heard) for question, answer in pairs), 3)


def _ratio(plain: Sequence[float], totals: Sequence[float]) -> float | None:
    return round(statistics.median(plain) / statistics.median(totals), 2) if totals else None


def _spread(values: Sequence[float]) -> dict[str, float] | None:
    if not values:
        return None
    return {
        "median": round(statistics.median(values)),
        "p95": round(float(np.percentile(values, 95))),
        "n": len(values),
    }


def _worst(values: Sequence[float]) -> dict[str, float] | None:
    if not values:
        return None
    return {"median": round(statistics.median(values)), "worst": round(max(values)), "n": len(values)}


def table(figures: dict[str, Any]) -> str:
    def row(name: str, spread: dict[str, float] | None, other: str = "p95") -> str:
        if spread is None:
            return f"| {name} | – | – |"
        return f"| {name} | {spread['median']} ms | {spread[other]} ms |"

    count = figures["questions"]
    shown = figures["shown_ms"]
    cut_ins, missed = len(figures["false_cut_ins"]), len(figures["missed_ends"])
    barge_ins = f"{figures['interruptions']} interruptions, {figures['not_interrupted']} not heard as such"
    return "\n".join(
        [
            f"{figures['machine']}; {', '.join(figures['engines'])}; {count} questions, "
            f"{figures['with_hesitations']} of them with hesitations",
            "",
            "| from the last word to the first sound | median | 95th percentile |",
            "|---|---|---|",
            row("hands-free, measured outside", figures["total_ms"]),
            row("hands-free, as the page says", shown["total"]),
            *(row(f"of it {part}", shown[part]) for part in PARTS[:-1]),
            row("1 s of silence, then one after the other", figures["plain_ms"]),
            f"| times sooner | {figures['ratio_of_medians']} | |",
            "",
            f"False cut-ins: {cut_ins} of {count} ({cut_ins / count:.0%}). "
            f"Missed ends: {missed} of {count} ({missed / count:.0%}). "
            f"Words as said: {figures['likeness_of_words']:.0%}.",
            "",
            f"| until the page is silent ({barge_ins}) | median | worst |",
            "|---|---|---|",
            row("onset of the voice", figures["barge_in_ms"], "worst"),
            row("click on Stop All", figures["stop_all_ms"], "worst"),
            "",
            f"Browser and device take {figures['loudspeaker_latency_ms']} ms more until it can be heard; "
            "in the totals that is counted.",
        ]
    )


if __name__ == "__main__":
    main()
