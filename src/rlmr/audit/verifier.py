"""How far a trained verifier may be trusted, per constraint type: rates with intervals, table and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from rlmr.evals.stats import Estimate, wilson
from rlmr.verifiers.measure import Counts, Measured

COLUMNS = {
    "recall_false": "caught",
    "let_through": "let through",
    "precision_false": "precision",
    "recall_true": "kept",
    "abstained": "open",
}
"""Rates of `Counts.ratios`, and how the table calls them."""

LEGEND = (
    "caught: of the false texts, those that fail. let through: of the false texts, those that pass. "
    "precision: of the failing texts, those that are false. kept: of the true texts, those that pass. "
    "open: left unknown. [95 % interval]"
)


def estimates(counts: Counts) -> dict[str, Estimate]:
    """Every rate with its Wilson interval; NaN where there is nothing to rate.

    >>> estimates(Counts(caught=8, let_through=2))["recall_false"].value
    0.8
    """
    return {name: wilson(count, n) for name, (count, n) in counts.ratios.items()}


def to_json(measured: Measured, about: Mapping[str, Any]) -> dict[str, Any]:
    """The report as JSON values (NaN to be written as null), under what `about` says of model and data."""
    values = measured.to_dict()
    for name, counts in measured.kinds.items():
        values["types"][name]["intervals"] = {k: [e.low, e.high] for k, e in estimates(counts).items()}
    return {**about, **values}


def to_table(measured: Measured, title: str) -> Table:
    """A row per constraint type, the most important number first."""
    table = Table(title=title, title_justify="left", box=None, header_style="bold", caption=LEGEND)
    table.caption_justify = "left"
    table.add_column("type", no_wrap=True)
    for name in ("false", "true", *COLUMNS.values()):
        table.add_column(name, justify="right", no_wrap=True)
    for name, counts in measured.kinds.items():
        found = estimates(counts)
        rates = [show(found[rate], rate == "recall_false") for rate in COLUMNS]
        table.add_row(name, str(counts.false), str(counts.true), *rates)
    return table


def show(estimate: Estimate, interval: bool = False) -> str:
    """A rate in percent, with its interval if asked; a dash for nothing.

    >>> show(wilson(8, 10), True), show(wilson(0, 0))
    ('80 % [49, 94]', '-')
    """
    if not estimate.n:
        return "-"
    around = f" [{100 * estimate.low:.0f}, {100 * estimate.high:.0f}]" if interval else ""
    return f"{100 * estimate.value:.0f} %{around}"
