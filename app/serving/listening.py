"""The listening socket, bound before anything else starts, so that what fails fails at once."""

from __future__ import annotations

import errno
import socket
import sys
from typing import Any

BACKLOG = 512


class ListenError(Exception):
    """VOX cannot listen there; the message is a sentence for the person."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on ``host`` (a name or address) and ``port`` (0: any free one).

    Raises ListenError.
    """
    if not 0 <= port <= 65535:
        raise ListenError(f"There is no port {port}: choose one between 0 and 65535.")
    family, address = _resolve(host, port)
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        _share_nothing(listener)
        if family == socket.AF_INET6:
            # "::" means every address, and those of IPv4 are among them where the system agrees.
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as problem:
        listener.close()
        raise ListenError(_why(problem, host, port)) from None
    return listener


def address_of(listener: socket.socket, host: str) -> str:
    """The address to open in a browser, for a listener made from ``host``."""
    port = listener.getsockname()[1]
    if host in ("", "0.0.0.0", "::"):
        host = _outward_address()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, Any]:
    try:
        found = socket.getaddrinfo(host or "0.0.0.0", port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise ListenError(
            f"There is no address by the name {host!r}. Choose another with --host or VOX_HOST; "
            "127.0.0.1 is this machine alone, 0.0.0.0 every network it is on."
        ) from None
    # "localhost" may be both: IPv4 first, which every browser tries.
    family, _, _, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    return family, address


def _share_nothing(listener: socket.socket) -> None:
    if sys.platform == "win32":
        # There, SO_REUSEADDR would let two programs listen on one port.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        # A port that was in use a moment ago may be taken again at once.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)


def _outward_address() -> str:
    """This machine's address as its network sees it; nothing is sent to find out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address for documentation (RFC 5737)
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"


def _why(problem: OSError, host: str, port: int) -> str:
    if problem.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is in use, perhaps by a VOX that already runs. "
            f"Stop that program, or choose another port: vox --port {port + 1 if port < 65535 else 0}"
        )
    if problem.errno == errno.EACCES:
        return f"This account may not listen on port {port}. Choose one above 1023: vox --port 5000"
    if problem.errno == errno.EADDRNOTAVAIL:
        return f"{host} is not an address of this machine. Choose another with --host or VOX_HOST."
    return f"VOX cannot listen on {host}, port {port}: {problem.strerror or problem}."
