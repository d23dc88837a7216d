"""Study files: read, told apart by kind, and checked with the rules of all files people write."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sim.core.errors import Problem, ScenarioError, shown
from sim.study import precheck
from sim.study.config import KINDS, Study
from sim.study.designs import Space
from sim.study.expressions import ExpressionError


def load_study(path: str | Path, overrides: Mapping[str, Any] | None = None) -> Study:
    """The study of a file. Raises ScenarioError with every mistake: file, line, column, path, found, accepted."""
    from sim.core.errors import suggestion
    from sim.scenario import load_document
    from sim.scenario.check import listed
    from sim.scenario.extends import read_tree
    from sim.scenario.kinds import expect_in

    tree = read_tree(path)
    node = tree.node
    expect_in(node, path, "study")
    named = node.child("study") if node is not None and node.kind == "map" else None
    if node is not None and (named is None or not isinstance(named.value, str) or named.value not in KINDS):
        found = named.plain() if named is not None else None
        mark = named.mark if named is not None else node.mark
        problem = Problem(
            mark.file,
            mark.line,
            mark.column,
            "study",
            f"found {shown(found)}, accepted: {listed(KINDS)}",
            suggestion(found, KINDS) if isinstance(found, str) else "",
        )
        raise ScenarioError([*tree.problems, problem])
    kind = KINDS[named.value] if named is not None else Study
    document = load_document(path, kind, overrides)
    _check_constraints(document.config, document.node)
    problems = precheck.problems_of(document.config, document.node, Path(path).parent)
    if problems:
        raise ScenarioError(problems)
    return document.config


def _check_constraints(study: Any, node: Any) -> None:
    """Constraints are expressions over the study's factors; say where one is not."""
    problems = []
    for index, text in enumerate(getattr(study, "constraints", None) or []):
        if not isinstance(text, str):
            continue
        try:
            Space(study.factors, [text])
        except ExpressionError as error:
            at = node.child("constraints").child(index)
            problems.append(Problem(at.mark.file, at.mark.line, at.mark.column, f"constraints.{index}", str(error)))
    if problems:
        raise ScenarioError(problems)
