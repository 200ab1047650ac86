"""What the speed claims in the README are made with. Each module runs as ``python -m benchmarks.…``."""
