"""What the process says of its memory."""

from __future__ import annotations

import subprocess
import sys

import pytest

from app import memory


def test_memory_taken_is_seen_and_memory_given_back_too() -> None:
    before = memory.snapshot()["process_bytes"]
    assert before is not None
    taken = bytearray(b"x") * 200_000_000
    after = memory.snapshot()["process_bytes"]
    assert after is not None
    assert after - before > 150_000_000
    del taken
    memory.give_back()
    freed = memory.snapshot()["process_bytes"]
    assert freed is not None
    assert after - freed > 150_000_000


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' C libraries have nothing like it")
def test_what_one_thread_has_freed_serves_another() -> None:
    """glibc itself tells how many pools its threads allocate from."""
    program = """
import ctypes, sys, threading
from app import memory
if sys.argv[1] == "one":
    memory.have_one_pool()
malloc = ctypes.CDLL(None).malloc
everybody = threading.Barrier(4)
def take():
    malloc(1000)
    everybody.wait()
threads = [threading.Thread(target=take) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
ctypes.CDLL(None).malloc_stats()
"""

    def pools(how: str) -> int:
        told = subprocess.run(
            [sys.executable, "-c", program, how], capture_output=True, text=True, check=True
        )
        return told.stderr.count("Arena ")

    assert pools("several") > 1
    assert pools("one") == 1


def test_asking_does_not_import_torch() -> None:
    program = (
        "import sys\nfrom app import memory\nprint(memory.snapshot()['gpu_bytes'], 'torch' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["None", "False"]
