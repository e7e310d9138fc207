"""Run the benchmarks that take minutes: `make bench`, or `python -m benchmarks mixing bandit`."""

import runpy
import sys

QUICK = ("mixing", "bandit", "threads", "endpoint", "judge")
"""Run without a name; `seeds` (half an hour) has to be asked for."""

if __name__ == "__main__":
    names = sys.argv[1:] or list(QUICK)
    for name in names:
        print(f"\n== {name}", flush=True)
        sys.argv = [name]
        runpy.run_module(f"benchmarks.{name}", run_name="__main__")
