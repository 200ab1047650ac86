"""What the process says of its memory."""

from __future__ import annotations

import subprocess
import sys

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


def test_asking_does_not_import_torch() -> None:
    program = (
        "import sys\nfrom app import memory\nprint(memory.snapshot()['gpu_bytes'], 'torch' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["None", "False"]
