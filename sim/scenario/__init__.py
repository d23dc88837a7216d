"""What a scenario file may say, and how it becomes a checked `Scenario`."""

from sim.core.errors import Problem, ScenarioError
from sim.scenario.load import Document, Scenario, canonical, from_resolved, load, load_document, run_hash
from sim.scenario.model import Event, ScenarioModel

__all__ = [
    "Document",
    "Event",
    "Problem",
    "Scenario",
    "ScenarioError",
    "ScenarioModel",
    "canonical",
    "from_resolved",
    "load",
    "load_document",
    "run_hash",
]
