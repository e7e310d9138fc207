"""What the alarms of a study's runs say, read from the runs' own metrics."""

from __future__ import annotations

from rlmr.alarms import Event, events_of
from rlmr.report.study import Policy, Study


def alarms(study: Study) -> list[tuple[Policy, list[Event]]]:
    """Per trained policy with a record, what went on and off, in order; empty where no alarm ever did."""
    found = [
        (policy, events_of(policy.run.metrics, policy.run.config))
        for policy in study.trained
        if policy.run is not None
    ]
    return found if any(events for _, events in found) else []
