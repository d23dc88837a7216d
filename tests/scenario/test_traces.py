"""Tables named by a scenario lie beside it, are read as plain data, and their content is part of the hash."""

import os
from typing import Any

import pandas as pd
import pytest

from sim.core.config import DataFile
from sim.core.errors import ScenarioError
from sim.scenario import from_resolved, load, traces, types
from sim.scenario.model import ScenarioModel
from sim.scenario.traces import read_table

CSV = "period,sku,units\n0,0,5\n1,0,7\n"


@pytest.fixture
def scenario(write, head):
    """A scenario that takes its demand from a table of the name given."""

    def put(name: Any):
        return write("scenarios/x.yaml", head + f"crowd: {{demand: {{distribution: trace, file: {name}}}}}\n")

    return put


def test_the_demand_section_names_its_table_by_the_type_for_tables():
    kinds = types.at(ScenarioModel, ("crowd", "demand", "file"))
    assert any(kind.has(DataFile) for kind in kinds)


def test_the_content_of_a_table_is_part_of_the_hash_and_its_place_is_not(write, head, folder, scenario):
    write("scenarios/traces/demand.csv", CSV)
    first = load(scenario("traces/demand.csv"))
    assert first.table("traces/demand.csv")["units"].tolist() == [5, 7]
    write("scenarios/traces/demand.csv", CSV + "2,0,9\n")
    second = load("scenarios/x.yaml")
    assert second.digest() != first.digest()
    write("scenarios/traces/demand.csv", CSV)
    assert load("scenarios/x.yaml").digest() == first.digest()


def test_a_table_named_in_a_base_is_looked_for_beside_the_base(write, scenario):
    write("scenarios/demand.csv", CSV)
    scenario("demand.csv")
    write("scenarios/cases/y.yaml", "extends: ../x.yaml\nname: y\n")
    scenario = load("scenarios/cases/y.yaml")
    assert scenario.config.crowd.demand.file == "../demand.csv"
    assert len(scenario.table("../demand.csv")) == 2


def test_a_resolved_document_notices_that_its_table_has_changed(write, scenario):
    write("scenarios/demand.csv", CSV)
    resolved = load(scenario("demand.csv")).resolved
    assert from_resolved(resolved, near="scenarios/x.yaml").resolved == resolved
    write("scenarios/demand.csv", CSV + "9,0,9\n")
    with pytest.raises(ScenarioError, match="another content"):
        from_resolved(resolved, near="scenarios/x.yaml")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../secret.csv", "leaves the folder"),
        ("link.csv", "leaves the folder"),
        ("missing.csv", "does not exist"),
        ("folder.csv", "no regular file"),
        ("/etc/x.csv", ".csv or .parquet"),
        ("demand.xlsx", ".csv or .parquet"),
        ("demand.pkl", ".csv or .parquet"),
        ("5", ".csv or .parquet"),
    ],
)
def test_a_table_elsewhere_or_of_another_kind_is_refused(write, folder, scenario, problems, name, words):
    write("secret.csv", "secret\n1\n")
    (folder / "scenarios/folder.csv").mkdir()
    os.symlink(folder / "secret.csv", folder / "scenarios/link.csv")
    told = problems(scenario(name))
    assert any(words in line and line.startswith("scenarios/x.yaml:4:") for line in told), told


def test_parquet_is_read_as_csv_is(tmp_path):
    path = tmp_path / "d.parquet"
    pd.DataFrame({"period": [0, 1], "units": [5.0, 7.0]}).to_parquet(path)
    assert read_table(path, "d.parquet")["units"].tolist() == [5.0, 7.0]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.csv", b"", "cannot be read"),
        ("a.csv", b"a,b\n", "an empty table"),
        ("a.csv", b"a\n\xff\xfe\n", "cannot be read"),
        ("a.csv", b'a,b\n"open,1\n', "cannot be read"),
        ("a.parquet", b"PAR1 no such thing PAR1", "cannot be read"),
    ],
)
def test_a_malformed_table_is_a_scenario_error(tmp_path, name, data, words):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(ScenarioError, match=words):
        read_table(path, name)


def test_nested_columns_are_refused(tmp_path):
    path = tmp_path / "d.parquet"
    pd.DataFrame({"a": [[1, 2], [3]]}).to_parquet(path)
    with pytest.raises(ScenarioError, match="no plain values"):
        read_table(path, "d.parquet")


def test_a_table_has_a_size_limit(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_text(CSV)
    monkeypatch.setattr(traces, "MAX_BYTES", 5)
    with pytest.raises(Exception, match="at most 5"):
        traces.check_size(path, "a.csv")
