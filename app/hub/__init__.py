"""The model hub, safely: what is cached is used without any network, the rest is downloaded.

Downloads land in the hub library's own cache, so other programs share them. The bytes are fetched
by ``transfer`` because that library throws a half-done file away.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from app.hub.probe import Probe
from app.hub.repository import HubUnavailable, cached_snapshot, download_snapshot
from app.progress import Progress

__all__ = ["HubUnavailable", "cached", "fetch", "may_download", "reachable"]

_probe = Probe()


def may_download(*, offline: bool = False) -> bool:
    """Whether nobody told VOX, or the hub's own library, to stay off the network."""
    from huggingface_hub import constants

    return not (offline or constants.HF_HUB_OFFLINE)


def reachable(timeout: float = 3.0, *, offline: bool = False) -> bool:
    """Whether the hub answers. Takes ``timeout`` seconds at most and remembers the answer."""
    from huggingface_hub import constants

    return may_download(offline=offline) and _probe.answers(constants.ENDPOINT, timeout)


def cached(repo: str, patterns: Sequence[str]) -> Path | None:
    """The folder with those files of ``repo`` (``owner/name``) if they are on this machine, else
    None. Never uses the network."""
    folder, _ = cached_snapshot(repo, patterns)
    return folder


def fetch(repo: str, patterns: Sequence[str], progress: Progress, *, offline: bool = False) -> Path:
    """The folder with the files of ``repo`` (``owner/name``) that match one of ``patterns``
    (``*.safetensors``), downloaded unless they are cached.

    Reports bytes as they arrive, resumes what an earlier download left, and is given up through
    ``progress``. With ``offline`` the network is never used.

    Raises HubUnavailable, and LoadCancelled.
    """
    folder, complete = cached_snapshot(repo, patterns)
    if folder and complete:
        return folder
    progress.report("Asking the model hub")
    if not reachable(offline=offline):
        if folder:  # cached by an older library, which kept no list of what belongs to it
            return folder
        raise HubUnavailable(_not_here(repo, offline))
    try:
        return download_snapshot(repo, patterns, progress)
    except HubUnavailable:
        raise
    except Exception as problem:
        sentence = _sentence(repo, problem)
        if sentence is None:
            raise
        raise HubUnavailable(sentence) from problem


def _hub_name() -> str:
    from huggingface_hub import constants

    return urlsplit(constants.ENDPOINT).netloc or constants.ENDPOINT


def _not_here(repo: str, offline: bool) -> str:
    if not may_download(offline=offline):
        told = "--offline or VOX_OFFLINE" if offline else "HF_HUB_OFFLINE"
        return (
            f"{repo} is not on this machine, and VOX was told to stay offline. "
            f"Start it without {told} to have it downloaded."
        )
    return (
        f"{repo} is not on this machine, and the model hub ({_hub_name()}) cannot be reached. "
        "Connect to the internet, then load it again."
    )


def _sentence(repo: str, problem: Exception) -> str | None:
    """What the person reads when a download fails; None for what is not the hub's doing."""
    import httpx
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
    )

    if isinstance(problem, GatedRepoError):
        return (
            f"The model hub gives {repo} only to accounts that accepted its terms. Accept them on its page, "
            "set HF_TOKEN, then load it again."
        )
    if isinstance(problem, RepositoryNotFoundError):
        return f"The model hub shows no {repo} to this account. Check the name, or set HF_TOKEN."
    if isinstance(problem, (httpx.HTTPError, HfHubHTTPError, LocalEntryNotFoundError)):
        return (
            f"The download of {repo} from {_hub_name()} broke off ({type(problem).__name__}). "
            "Load it again to go on where it stopped."
        )
    if isinstance(problem, OSError):
        return f"{repo} could not be saved: {problem}. Check the disk, then load it again."
    return None
