"""The report: one HTML file that shows what a study found, and why single texts got their advantages.

It needs nothing beside itself: no script, no font, no image is loaded, and a content security policy in
the page forbids it. Texts come from models and data sets and are escaped wherever they stand.
"""

from rlmr.report.render import render, write_report
from rlmr.report.study import LABELS, START, Policy, Study

__all__ = ["LABELS", "START", "Policy", "Study", "render", "write_report"]
