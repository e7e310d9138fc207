"""From a study to HTML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from rlmr.evals.stats import detectable
from rlmr.report import curves, outcome, prose, texts, why
from rlmr.report.alarms import alarms
from rlmr.report.study import Policy, Study
from rlmr.runs.files import write_whole

TEMPLATE = "report.html.j2"


def environment() -> Environment:
    """The templates, with every value escaped and every missing name an error."""
    templates = Environment(
        loader=PackageLoader("rlmr", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {
        "percent": prose.percent,
        "interval": prose.interval,
        "number": prose.number,
        "signed": prose.signed,
        "rewarded": prose.rewarded,
    }
    return templates


def render(study: Study) -> str:
    """The report as one HTML page; parts without data are left out.

    Raises:
        ValueError: a study without a policy.
    """
    if not study.policies:
        raise ValueError("a report needs at least one policy")
    return (
        environment()
        .get_template(TEMPLATE)
        .render(
            study=study,
            headline=prose.headline(study),
            findings=prose.findings(study),
            plane=outcome.plane(study),
            types=outcome.by_type(study),
            panels=curves.panels(study),
            alarms=alarms(study),
            prompts=texts.prompts(study),
            why=why.sample_group(study),
            detectable=detectable(study.tasks) if study.tasks else None,
            settings=settings(study),
            geometry={"curves": _box(curves), "plane": _box(outcome)},
        )
    )


def write_report(study: Study, path: Path) -> Path:
    """Write the report to `path`, whole or not at all, and return it; folders are made.

    Raises:
        OSError: the disk refuses it.
    """
    write_whole(path, render(study).encode())
    return path


def settings(study: Study) -> list[tuple[str, str]]:
    """How the policies were trained and with what, as (name, value), from the first run's record."""
    run = next((policy.run for policy in study.trained if policy.run), None)
    if run is None:
        return []
    packages = run.environment.get("packages", {})
    versions = ", ".join(
        f"{n} {packages[n]}" for n in ("rlmr", "torch", "trl", "transformers") if packages.get(n)
    )
    grpo: dict[str, Any] = run.config.get("grpo", {})
    keys = ("max_steps", "num_generations", "max_completion_length", "learning_rate", "beta", "temperature")
    found = [
        ("Policy", run.config.get("policy")),
        ("Reward model", (run.config.get("reward") or {}).get("model")),
        *((key.replace("_", " ").capitalize(), grpo.get(key)) for key in keys),
        ("Rules", "; ".join(_rule(policy) for policy in study.trained if policy.run)),
        ("Versions", versions),
    ]
    return [(name, str(value)) for name, value in found if value not in (None, "")]


def _rule(policy: Policy) -> str:
    mixing: dict[str, Any] = dict(policy.run.config.get("mixing", {})) if policy.run else {}
    name = mixing.pop("rule", policy.rule)
    parameters = ", ".join(f"{key} {value}" for key, value in mixing.items() if value is not None)
    return f"{name} ({parameters})" if parameters else str(name)


def _box(module: Any) -> dict[str, int]:
    names = ("WIDTH", "HEIGHT", "LEFT", "RIGHT", "TOP", "BOTTOM")
    return {name.lower(): vars(module)[name] for name in names}
