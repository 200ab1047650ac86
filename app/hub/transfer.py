"""One file over HTTP, resumed: what arrived before, in this run or an earlier one, is kept."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

#: Attempts in a row that may bring no new byte before a download is given up.
FRUITLESS_ATTEMPTS = 4
#: Seconds between two reports of progress.
REPORT_EVERY = 0.2

#: Called with the bytes of the file that are there; whatever it raises ends the download.
Report = Callable[[int], None]


def download(
    client: httpx.Client, url: str, headers: Mapping[str, str], target: Path, size: int, report: Report
) -> None:
    """Append to ``target`` until it holds ``size`` bytes, over as many connections as it takes.

    ``client`` must have a time-out. Raises httpx.HTTPError when the server refuses or sends no more.
    """
    import httpx

    fruitless = 0
    while (have := bytes_in(target)) < size:
        report(have)
        time.sleep(0.5 * min(fruitless, 2))
        try:
            _append(client, url, headers, target, have, report)
        except httpx.TransportError:
            if fruitless >= FRUITLESS_ATTEMPTS:
                raise
        fruitless = 0 if bytes_in(target) > have else fruitless + 1
        if fruitless > FRUITLESS_ATTEMPTS:
            raise httpx.ReadError("the server sends no more")
    report(size)


def sha256_of(path: Path, each_block: Callable[[], None]) -> str:
    """The SHA-256 of a file, in hex; ``each_block`` is called between blocks and may raise."""
    digest = hashlib.sha256()
    with path.open("rb") as content:
        while block := content.read(1 << 24):
            each_block()
            digest.update(block)
    return digest.hexdigest()


def bytes_in(path: Path) -> int:
    """The size of a file; 0 if there is none."""
    return path.stat().st_size if path.exists() else 0


def _append(
    client: httpx.Client, url: str, headers: Mapping[str, str], target: Path, have: int, report: Report
) -> None:
    """One request for what comes after the first ``have`` bytes, written as it arrives."""
    wanted = {**headers, "Accept-Encoding": "identity"}
    if have:
        wanted["Range"] = f"bytes={have}-"
    with client.stream("GET", url, headers=wanted, follow_redirects=True) as response:
        response.raise_for_status()
        continued = response.status_code == 206  # 200: the server sends it all again
        done, told = (have if continued else 0), time.monotonic()
        with target.open("ab" if continued else "wb") as out:
            for block in response.iter_bytes():
                out.write(block)
                done += len(block)
                if time.monotonic() - told >= REPORT_EVERY:
                    report(done)
                    told = time.monotonic()
