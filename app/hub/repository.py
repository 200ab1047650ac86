"""One repository of the model hub: what of it is cached, what is missing, and bringing that in."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.hub.transfer import bytes_in, download, sha256_of
from app.progress import Progress

if TYPE_CHECKING:
    import httpx

#: Seconds of silence from the hub after which a request counts as lost.
TIMEOUT = 15.0


class HubUnavailable(Exception):
    """A model cannot be had from the hub; the message is a sentence for the person."""


@dataclass(frozen=True)
class _RemoteFile:
    """One file of a repository at the hub."""

    name: str
    size: int
    blob: str  # its name in the cache: the SHA-256 of a large file, the git hash of a small one
    sha256: str | None


def cached_snapshot(repo: str, patterns: Sequence[str]) -> tuple[Path | None, bool]:
    """The cached folder, and whether a cached listing proves it complete."""
    from huggingface_hub import constants, get_cached_repo_tree, snapshot_download
    from huggingface_hub.errors import CachedRepoTreeNotFoundError, LocalEntryNotFoundError

    cache = Path(constants.HF_HUB_CACHE)
    try:
        folder = snapshot_download(
            repo, cache_dir=cache, allow_patterns=list(patterns), local_files_only=True, tqdm_class=_silent()
        )
    except (LocalEntryNotFoundError, OSError):
        return None, False
    try:
        get_cached_repo_tree(repo, cache_dir=cache)
    except CachedRepoTreeNotFoundError:
        return Path(folder), False
    return Path(folder), True


def download_snapshot(repo: str, patterns: Sequence[str], progress: Progress) -> Path:
    """Bring the missing files into the cache, then let the library lay out the snapshot."""
    import httpx
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.file_download import repo_folder_name

    commit, files = _remote_files(repo, patterns)
    cache = Path(constants.HF_HUB_CACHE)
    name = repo_folder_name(repo_id=repo, repo_type="model")
    blobs, locks = cache / name / "blobs", cache / ".locks" / name
    for folder in (blobs, locks):
        folder.mkdir(parents=True, exist_ok=True)
    missing = [file for file in files if not (blobs / file.blob).exists()]
    total = sum(file.size for file in missing)
    _check_room(repo, blobs, total - sum(bytes_in(_partial(blobs, file)) for file in missing))
    before = 0
    with httpx.Client(timeout=TIMEOUT) as client:
        for file in missing:

            def report(stage: str, done: int, before: int = before) -> None:
                progress.report(stage, before + done, total, "bytes")

            url = f"{constants.ENDPOINT}/{repo}/resolve/{commit}/{file.name}"
            _bring(client, url, file, blobs, locks, report)
            before += file.size
    progress.report("Laying out the download")
    _bound_the_librarys_patience()
    snapshot = snapshot_download(
        repo,
        endpoint=constants.ENDPOINT,
        cache_dir=cache,
        allow_patterns=list(patterns),
        tqdm_class=_silent(),
        etag_timeout=TIMEOUT,
    )
    return Path(snapshot)


def _remote_files(repo: str, patterns: Sequence[str]) -> tuple[str, list[_RemoteFile]]:
    """The newest commit of ``repo`` and its files that match."""
    from huggingface_hub import HfApi, constants

    info = HfApi(endpoint=constants.ENDPOINT).model_info(repo, timeout=TIMEOUT, files_metadata=True)
    files = []
    for file in info.siblings or []:
        sha256 = file.lfs.sha256 if file.lfs else None
        blob = sha256 or file.blob_id
        if blob and file.size is not None and any(fnmatch(file.rfilename, wanted) for wanted in patterns):
            files.append(_RemoteFile(file.rfilename, file.size, blob, sha256))
    return info.sha or constants.DEFAULT_REVISION, files


def _bring(
    client: httpx.Client,
    url: str,
    file: _RemoteFile,
    blobs: Path,
    locks: Path,
    report: Callable[[str, int], None],
) -> None:
    """Bring one file into ``blobs``; only one process at a time fetches the same one."""
    from filelock import FileLock, Timeout
    from huggingface_hub import get_token

    token = get_token()
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    blob, partial = blobs / file.blob, _partial(blobs, file)

    def tell(done: int) -> None:
        report(f"Downloading {file.name}", done)

    while not blob.exists():
        try:
            with FileLock(locks / f"{file.blob}.lock", timeout=0.5):
                download(client, url, headers, partial, file.size, tell)
                _verify(partial, file, lambda: report(f"Checking {file.name}", file.size))
                partial.replace(blob)
        except Timeout:  # another process fetches it, and its progress is ours
            tell(bytes_in(partial))


def _verify(partial: Path, file: _RemoteFile, each_block: Callable[[], None]) -> None:
    """Compare a large file with its checksum; one that differs is thrown away."""
    if file.sha256 is not None and sha256_of(partial, each_block) != file.sha256:
        partial.unlink()
        raise HubUnavailable(f"{file.name} arrived damaged and was thrown away. Load the model again.")


def _check_room(repo: str, folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise HubUnavailable(
            f"{repo} needs {needed / 1e9:.1f} GB more, and {free / 1e9:.1f} GB are free in {folder}. "
            "Make room there, or set HF_HUB_CACHE to a folder on a larger disk."
        )


def _bound_the_librarys_patience() -> None:
    """Give the hub library's own client the time-out that it lacks, and keep its warnings quiet."""
    from huggingface_hub import get_session

    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    get_session().timeout = TIMEOUT


def _silent() -> type[Any]:
    """A progress bar that draws nothing."""
    from tqdm import tqdm

    class Silent(tqdm):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            kwargs.pop("name", None)
            super().__init__(*args, **{**kwargs, "disable": True})

    return Silent


def _partial(blobs: Path, file: _RemoteFile) -> Path:
    return blobs / f"{file.blob}.incomplete"
