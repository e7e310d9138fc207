"""Child processes that stand in for the quickstart's trainings and evaluations."""

import io
import os
import sys
from pathlib import Path

from rich.console import Console

from rlmr.quickstart.children import Children
from rlmr.quickstart.plan import Job, Settings, baseline_file, evaluation_file, jobs_of, policy_folder

TESTS = str(Path(__file__).parent)


def script(name: str, code: str, after: str | None = None, kind: str = "train", rule: str = "rlmr") -> Job:
    return Job(name, kind, rule, (sys.executable, "-c", code), after)


def console(terminal=False) -> Console:
    return Console(file=io.StringIO(), width=110, force_terminal=terminal)


def children(jobs, tmp_path, slots=2) -> Children:
    return Children(jobs, slots, tmp_path / "logs", dict(os.environ))


def fake_jobs(settings: Settings) -> list[Job]:
    """The jobs of a quickstart, replaced by ones that write what the real ones would."""
    jobs = []
    for job in jobs_of(settings):
        if job.kind == "train":
            folder = str(policy_folder(settings, job.rule))
            body = f"make_run(Path({folder!r}), {job.rule!r}, steps=6)"
        else:
            files = [str(evaluation_file(settings, job.rule)), str(baseline_file(settings))]
            keep = {"start": 0.33, "rlmr": 0.62}.get(job.rule, 0.1)
            body = "; ".join(
                f"write_rows(Path({path!r}), make_rows({path!r}, {keep}, tasks=20))"
                for path in files[: 2 if job.rule == "start" else 1]
            )
        code = (
            f"import sys; sys.path.insert(0, {TESTS!r}); from pathlib import Path; "
            f"from fake_runs import make_run, make_rows, write_rows; {body}"
        )
        jobs.append(Job(job.name, job.kind, job.rule, (sys.executable, "-c", code), job.after))
    return jobs
