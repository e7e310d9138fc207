"""What importing costs, in fresh processes."""

import json
import subprocess
import sys

PROBE = """
import json, sys, time
start = time.process_time()
import rlmr.constraints
seconds = time.process_time() - start
print(json.dumps({"seconds": seconds, "modules": list(sys.modules)}))
"""


def test_constraints_load_no_torch_in_300_ms():
    """Processor time, the best of five: what else the machine does has no part in it."""
    outputs = [
        subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True).stdout
        for _ in range(5)
    ]
    found = [json.loads(output) for output in outputs]
    assert not {"torch", "transformers", "pydantic", "numpy"} & set(found[0]["modules"])
    assert min(one["seconds"] for one in found) < 0.3
