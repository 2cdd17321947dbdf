"""Scenarios: cases that analysts describe in YAML, played in simulated time against the real diagrams and operations.

`read_files` understands the files, `run_all` plays them, each on a database of its own that the caller gives."""

from app.scenarios.coverage import DiagramCoverage, Missed, coverage, whole_percent
from app.scenarios.language import Files
from app.scenarios.reading import Problem
from app.scenarios.runs import Cities, Refusal, run_all
from app.scenarios.schemas import Failure, Outcome, Place, Scenario

__all__ = [
    "Cities", "DiagramCoverage", "Failure", "Files", "Missed", "Outcome", "Place", "Problem", "Refusal", "Scenario",
    "coverage", "run_all", "whole_percent",
]  # fmt: skip
