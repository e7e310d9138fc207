"""Every published number has a script here: `python -m benchmarks`, or one of them by its name."""
