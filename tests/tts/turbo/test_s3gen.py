"""Speech tokens become the very samples that the stock S3Gen makes of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import torch

    from app.tts.turbo.arithmetic import Arithmetic
    from app.tts.turbo.s3gen import Vocalizer
    from app.tts.turbo.voice import Voice

pytestmark = pytest.mark.heavy


class Left(Exception):
    """Somebody left the work."""


class Watcher:
    """Sees how far the work is, and leaves it once it is so far."""

    def __init__(self, leave_at: float = 2.0) -> None:
        self.told: list[float] = []
        self.checks = 0
        self._leave_at = leave_at

    def check(self) -> None:
        self.checks += 1
        if self.told and self.told[-1] >= self._leave_at:
            raise Left

    def tell(self, fraction: float) -> None:
        self.told.append(fraction)


@pytest.fixture(scope="session")
def vocalizer(lively_s3gen: Any) -> Vocalizer:
    from app.tts.turbo.s3gen import Vocalizer

    return Vocalizer(lively_s3gen)


@pytest.fixture(scope="session")
def anna() -> Voice:
    return some_voice("anna", 50)


@pytest.fixture(scope="session")
def bert() -> Voice:
    """A voice whose recording ended in the middle of a token."""
    return some_voice("bert", 31, frames=63)


def some_voice(name: str, tokens: int, frames: int | None = None) -> Voice:
    import torch

    from app.tts.turbo.voice import Voice

    generator = torch.Generator().manual_seed(tokens)
    return Voice(
        key=name,
        speaker=torch.rand(1, 256, generator=generator),
        prompt=torch.randint(0, 6561, (1, tokens), generator=generator),
        reference_tokens=torch.randint(0, 6561, (1, tokens), generator=generator),
        reference_mel=torch.randn(1, frames or 2 * tokens, 80, generator=generator),
        embedding=torch.randn(1, 192, generator=generator),
    )


def some_tokens(count: int) -> torch.Tensor:
    """So many tokens of speech and the silence at their end."""
    import torch

    spoken = torch.randint(0, 6561, (count,), generator=torch.Generator().manual_seed(count))
    return torch.cat([spoken, torch.full((3,), 4299)])


def stock_sound(s3gen: Any, tokens: torch.Tensor, voice: Voice, seed: int) -> torch.Tensor:
    import torch

    torch.manual_seed(seed)
    reference = {
        "prompt_token": voice.reference_tokens,
        "prompt_token_len": torch.tensor([voice.reference_tokens.shape[1]]),
        "prompt_feat": voice.reference_mel,
        "prompt_feat_len": None,
        "embedding": voice.embedding,
    }
    sound: torch.Tensor = s3gen.inference(tokens, ref_dict=reference, n_cfm_timesteps=2)[0][0]
    return sound


def speak(
    vocalizer: Vocalizer,
    tokens: torch.Tensor,
    voice: Voice,
    watcher: Watcher | None = None,
    seed: int = 5,
) -> torch.Tensor:
    import torch

    watcher = watcher or Watcher()
    generator = torch.Generator().manual_seed(seed)
    return vocalizer.speak(tokens, voice, generator, watcher.check, watcher.tell)


def assert_same_sound(ours: torch.Tensor, stocks: torch.Tensor) -> None:
    """Alike to within what the order of floating-point sums makes of a sound this loud."""
    assert ours.shape == stocks.shape
    assert (ours - stocks).abs().max() < 2e-3 * stocks.abs().max()


@pytest.mark.parametrize("name", ["anna", "bert"])
@pytest.mark.parametrize("count", [1, 20, 90])
def test_the_sound_is_stocks(
    vocalizer: Vocalizer, lively_s3gen: Any, name: str, count: int, request: pytest.FixtureRequest
) -> None:
    voice, tokens = request.getfixturevalue(name), some_tokens(count)

    expected = stock_sound(lively_s3gen, tokens, voice, seed=5)

    assert_same_sound(speak(vocalizer, tokens, voice, seed=5), expected)


def test_without_a_generator_torchs_own_is_left_as_stock_leaves_it(
    vocalizer: Vocalizer, lively_s3gen: Any, anna: Voice
) -> None:
    import torch

    tokens, watcher = some_tokens(4), Watcher()
    expected = stock_sound(lively_s3gen, tokens, anna, seed=11)
    state = torch.get_rng_state()

    torch.manual_seed(11)
    sound = vocalizer.speak(tokens, anna, None, watcher.check, watcher.tell)

    assert_same_sound(sound, expected)
    assert torch.equal(torch.get_rng_state(), state)


def test_another_voice_another_token_and_other_noise_are_heard(
    vocalizer: Vocalizer, anna: Voice, bert: Voice
) -> None:
    tokens = some_tokens(10)
    other_tokens = tokens.clone()
    other_tokens[4] += 1
    sound = speak(vocalizer, tokens, anna)

    for other in (
        speak(vocalizer, other_tokens, anna),
        speak(vocalizer, tokens, anna, seed=6),
        speak(vocalizer, tokens, some_voice("clara", 50 + 1)),
        speak(vocalizer, tokens, bert)[: sound.shape[0]],
    ):
        assert (other - sound[: other.shape[0]]).abs().max() > 0.05 * sound.abs().max()


def test_stock_says_the_same_before_and_after(vocalizer: Vocalizer, lively_s3gen: Any, anna: Voice) -> None:
    import torch

    from app.tts.turbo.arithmetic import arithmetic_for
    from app.tts.turbo.s3gen import Vocalizer

    tokens = some_tokens(2)
    before = stock_sound(lively_s3gen, tokens, anna, seed=3)

    speak(Vocalizer(lively_s3gen, arithmetic_for("int8")), tokens, anna)
    speak(vocalizer, tokens, anna)

    assert torch.equal(stock_sound(lively_s3gen, tokens, anna, seed=3), before)


@pytest.mark.parametrize("portion", [1 << 30, 1 << 14], ids=["in one go", "in portions"])
def test_progress_grows_from_nothing_to_everything(
    vocalizer: Vocalizer, anna: Voice, portion: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.tts.turbo import portions

    monkeypatch.setattr(portions, "SIZE", portion)
    watcher = Watcher()

    speak(vocalizer, some_tokens(5), anna, watcher)

    assert watcher.told[0] == 0
    assert watcher.told[-1] == 1
    assert watcher.told == sorted(watcher.told)
    assert len(set(watcher.told)) > 10 + 2 * 56 + 72  # layers, blocks, and convolutions


@pytest.mark.parametrize("leave_at", [0.0, 0.03, 0.5, 0.93])
def test_the_work_can_be_left_anywhere_and_begun_anew(
    vocalizer: Vocalizer, anna: Voice, leave_at: float
) -> None:
    """In the encoder, in either step of the flow, in the vocoder."""
    import torch

    tokens, whole, watcher = some_tokens(5), Watcher(), Watcher(leave_at)
    sound = speak(vocalizer, tokens, anna, whole)

    with pytest.raises(Left):
        speak(vocalizer, tokens, anna, watcher)

    assert watcher.checks == sum(told < leave_at for told in whole.told) + 2
    assert torch.equal(speak(vocalizer, tokens, anna), sound)


def test_two_voices_at_once_do_not_mix(vocalizer: Vocalizer, anna: Voice, bert: Voice) -> None:
    import torch

    asked = [(some_tokens(8), anna), (some_tokens(6), bert)] * 2
    alone = [speak(vocalizer, tokens, voice) for tokens, voice in asked]
    together: dict[int, torch.Tensor] = {}

    def say(index: int) -> None:
        together[index] = speak(vocalizer, *asked[index])

    threads = [threading.Thread(target=say, args=(index,)) for index in range(len(asked))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for index, sound in enumerate(alone):
        assert torch.equal(together[index], sound)


@pytest.fixture(params=[False, True], ids=["no bfloat16", "bfloat16"])
def rounded(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Arithmetic:
    """That of ``int8`` on a processor without and with bfloat16."""
    from app.tts.turbo import arithmetic

    monkeypatch.setattr(arithmetic, "HAS_BFLOAT16", request.param)
    return arithmetic.arithmetic_for("int8")


def test_eight_bits_make_nearly_the_same_spectrogram(
    lively_s3gen: Any, anna: Voice, rounded: Arithmetic
) -> None:
    import torch

    from app.tts.turbo.arithmetic import EXACT

    exact = spectrogram(lively_s3gen, EXACT, anna)
    near = spectrogram(lively_s3gen, rounded, anna)
    another = spectrogram(lively_s3gen, EXACT, some_voice("clara", 51))

    error = (near - exact).square().mean().sqrt() / exact.std()
    assert 0 < error < 0.1
    assert error < 0.2 * (another - exact).square().mean().sqrt() / exact.std()
    assert torch.cosine_similarity(near.flatten(), exact.flatten(), dim=0) > 0.995


def test_eight_bits_speak_too(lively_s3gen: Any, anna: Voice, rounded: Arithmetic) -> None:
    from app.tts.turbo.s3gen import Vocalizer

    tokens = some_tokens(20)

    sound = speak(Vocalizer(lively_s3gen, rounded), tokens, anna)

    assert sound.shape == (tokens.shape[0] * 960,)
    assert 0.001 < sound.abs().max() < 1


def test_no_tensor_is_looked_into_on_the_way(
    lively_s3gen: Any, anna: Voice, looks_into: Callable[[Callable[[], object]], set[str]]
) -> None:
    """On a GPU each look would wait until everything asked of it so far is done."""
    import torch

    from app.tts.turbo.arithmetic import EXACT

    assert looks_into(lambda: torch.istft(torch.ones(9, 9) + 0j, 16, 4, window=torch.hann_window(16)))
    assert not looks_into(lambda: whole_way(lively_s3gen, EXACT, anna))


@pytest.fixture
def looks_into() -> Callable[[Callable[[], object]], set[str]]:
    """``looks_into(work)``: what in ``work`` takes numbers out of tensors."""
    from torch.utils._python_dispatch import TorchDispatchMode

    class Looks(TorchDispatchMode):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.found: set[str] = set()

        def __torch_dispatch__(self, function: Any, _: Any, args: Any = (), kwargs: Any = None) -> Any:
            if function.overloadpacket.__name__ in ("_local_scalar_dense", "nonzero", "equal", "item"):
                self.found.add(str(function))
            return function(*args, **(kwargs or {}))

    def looks(work: Callable[[], object]) -> set[str]:
        import torch

        with torch.no_grad(), Looks() as mode:
            work()
        return set(mode.found)

    return looks


def spectrogram(s3gen: Any, arithmetic: Arithmetic, voice: Voice) -> torch.Tensor:
    """The mel frames of some tokens."""
    import torch

    from app.tts.turbo.flow import Flow
    from app.tts.turbo.noise import Noise

    noise = Noise(torch.Generator().manual_seed(4), torch.device("cpu"))
    with torch.no_grad():
        return Flow(s3gen.flow, arithmetic)(some_tokens(20)[None], voice, noise, nobody())


def whole_way(s3gen: Any, arithmetic: Arithmetic, voice: Voice) -> torch.Tensor:
    import torch

    from app.tts.turbo.noise import Noise
    from app.tts.turbo.vocoder import Vocoder

    noise = Noise(torch.Generator().manual_seed(4), torch.device("cpu"))
    return Vocoder(s3gen.mel2wav, arithmetic)(spectrogram(s3gen, arithmetic, voice), noise, nobody())


def nobody() -> Any:
    from app.tts.turbo.work import Work

    watcher = Watcher()
    return Work(watcher.check, watcher.tell, 10**9)
