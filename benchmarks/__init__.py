"""What the speed claims in the README are made with. Each module runs as ``python -m benchmarks.…``."""

from app import memory

memory.have_one_pool()  # as `vox` does
