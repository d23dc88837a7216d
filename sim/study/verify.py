"""Is the store sound? Parts readable, keys true, scenarios complete, and runs the same when made again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pyarrow.parquet as pq

from sim.core.errors import SimError
from sim.study.model import ScenarioModel, digest_of
from sim.study.store import Store, StoreError, run_key


@dataclass
class Verdict:
    """What was checked, in words, and whether all is well."""

    sound: bool = True
    lines: list[str] = field(default_factory=list)

    def fault(self, text: str) -> None:
        """Note something wrong."""
        self.sound = False
        self.lines.append(text)


def verify(store: Store, rerun: int = 3, model_of: Callable[[str], Any] | None = None) -> Verdict:
    """Check every part and key; make ``rerun`` runs of the present version again and compare bit for bit.

    ``model_of(name)`` gives the model of a name, or None for one that cannot be run here; by default the
    marketplace.
    """
    store.flush()
    verdict = Verdict()
    count = 0
    bases: dict[str, Any] = {}
    for part in store._parts():
        try:
            table = pq.ParquetFile(part, page_checksum_verification=True).read()
        except (OSError, ValueError) as error:
            verdict.fault(f"{part.name}: damaged: {error}")
            continue
        names = ("key", "model", "version", "scenario", "seed", "replication", "base")
        for key, model, version, scenario, seed, replication, base in zip(
            *(table[n].to_pylist() for n in names), strict=True
        ):
            count += 1
            if key != run_key(model, version, scenario, seed, replication):
                verdict.fault(f"{part.name}: run {key[:12]} is not what its key says")
            if base not in bases:
                bases[base] = _base(store, base, verdict)
    verdict.lines.append(f"{count} runs in {len(store._parts())} parts, {len(bases)} base scenarios")
    if verdict.sound and rerun:
        _again(store, rerun, model_of or _marketplace, verdict)
    return verdict


def _base(store: Store, digest: str, verdict: Verdict) -> Any:
    try:
        found = store.base(digest)
    except StoreError as error:
        verdict.fault(str(error))
        return None
    if digest_of(found) != digest:
        verdict.fault(f"scenario {digest[:12]} is not what its name says")
    return found


def _marketplace(name: str) -> Any:
    return ScenarioModel("scenario.yaml") if name == ScenarioModel.name else None


def _again(store: Store, rerun: int, model_of: Callable[[str], Any], verdict: Verdict) -> None:
    rows = store.query(
        "SELECT key, model, version, scenario, base, changes, seed, replication FROM runs ORDER BY key"
    ).fetchall()
    same = 0
    for key, name, version, scenario, base, changes, seed, replication in rows:
        if same >= rerun:
            break
        model = model_of(name)
        if model is None or model.version != version:
            continue
        try:
            resolved = store.resolved(base, changes)
            if digest_of(resolved) != scenario:
                verdict.fault(f"run {key[:12]}: its scenario does not come back from base and changes")
                continue
            again = {k: float(v) for k, v in model.run(resolved, seed, replication).items()}
        except SimError as error:
            verdict.fault(f"run {key[:12]}: cannot be made again: {error}")
            continue
        kept = store.find([key])[key]
        different = sorted(k for k in again.keys() | kept.keys() if repr(again.get(k)) != repr(kept.get(k)))
        if different:
            verdict.fault(f"run {key[:12]} comes out differently: {', '.join(different[:5])}")
        same += 1
    verdict.lines.append(f"{same} runs made again" + ("" if same else " (none of the present version)"))
