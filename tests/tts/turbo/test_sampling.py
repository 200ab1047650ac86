"""Speech tokens are chosen as stock chooses them, to the bit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import torch

VOCABULARY = 6563
START = 6561

#: How far the logits spread: from hardly any choice to all of it.
SPREADS = [0.1, 1.0, 3.0, 12.0, 60.0]


def stock_processed(logits: torch.Tensor, ids: Sequence[int]) -> torch.Tensor:
    """By transformers' own processors, in the order of stock's ``inference_turbo``."""
    import torch
    from transformers.generation.logits_process import (
        LogitsProcessorList,
        RepetitionPenaltyLogitsProcessor,
        TemperatureLogitsWarper,
        TopKLogitsWarper,
        TopPLogitsWarper,
    )

    processors = LogitsProcessorList(
        [
            TemperatureLogitsWarper(0.8),
            TopKLogitsWarper(1000),
            TopPLogitsWarper(0.95),
            RepetitionPenaltyLogitsProcessor(1.2),
        ]
    )
    processed: torch.Tensor = processors(torch.tensor([list(ids)]), logits)
    return processed


@pytest.mark.parametrize("spread", SPREADS)
def test_logits_are_processed_as_by_transformers(spread: float) -> None:
    import torch

    from app.tts.turbo.sampling import SamplingRules, processed

    generator = torch.Generator().manual_seed(1)
    for _ in range(40):
        logits = spread * torch.randn(1, VOCABULARY, generator=generator)
        ids = torch.randint(0, VOCABULARY, (60,), generator=generator)
        ids[:5] = logits[0].topk(5).indices  # likely tokens, too, were said before
        seen = torch.zeros(1, VOCABULARY, dtype=torch.bool).index_fill_(1, ids, True)
        assert processed(logits, seen, SamplingRules()).equal(stock_processed(logits, ids.tolist()))


def test_rows_are_processed_each_for_itself() -> None:
    import torch

    from app.tts.turbo.sampling import SamplingRules, processed

    logits = torch.randn(3, VOCABULARY, generator=torch.Generator().manual_seed(2))
    seen = logits > 2
    together = processed(logits, seen, SamplingRules())
    for row in range(3):
        alone = processed(logits[row : row + 1], seen[row : row + 1], SamplingRules())
        assert together[row : row + 1].equal(alone)


def test_the_likeliest_token_is_left_when_nothing_else_is_in_question() -> None:
    import torch

    from app.tts.turbo.sampling import SamplingRules, processed

    logits = torch.zeros(1, VOCABULARY)
    logits[0, 17] = 1000
    kept = processed(logits, torch.ones(1, VOCABULARY, dtype=torch.bool), SamplingRules())
    assert kept.isfinite().nonzero().tolist() == [[0, 17]]


@pytest.mark.parametrize("spread", SPREADS)
def test_a_draw_is_the_one_that_multinomial_makes(spread: float) -> None:
    import torch

    from app.tts.turbo.sampling import SamplingRules, drawn, processed

    ours, theirs = torch.Generator().manual_seed(3), torch.Generator().manual_seed(3)
    logits = spread * torch.randn(1, VOCABULARY, generator=torch.Generator().manual_seed(4))
    kept = processed(logits, torch.zeros(1, VOCABULARY, dtype=torch.bool), SamplingRules())
    tokens = [int(drawn(kept, ours)) for _ in range(300)]
    assert tokens == [int(torch.multinomial(kept.softmax(-1), 1, generator=theirs)) for _ in range(300)]
    assert ours.get_state().equal(theirs.get_state())
    assert len(set(tokens)) > 1 or spread == 60


def test_a_phrase_penalises_what_it_said_and_the_start_token_only_at_first() -> None:
    import torch

    from app.tts.turbo.sampling import Sampler

    sampler = Sampler(VOCABULARY, START, torch.Generator().manual_seed(5))
    theirs = torch.Generator().manual_seed(5)
    noise = torch.Generator().manual_seed(6)
    said: list[int] = []
    favourites = torch.zeros(1, VOCABULARY)
    favourites[0, [START, 1, 2, 3]] = 6.0
    for _ in range(80):
        logits = favourites + torch.randn(1, VOCABULARY, generator=noise)
        expected = stock_processed(logits, said or [START]).softmax(-1)
        said.append(int(torch.multinomial(expected, 1, generator=theirs)))
        assert sampler.draw(logits).tolist() == [[said[-1]]]
    assert len(set(said)) < 80, "nothing was said twice, so the penalty hardly showed"
    assert START in said
