"""A table that a scenario names is checked on loading: file, line, column, what was found, what is accepted."""

import io

import pandas as pd
import pytest

from sim.core.errors import ScenarioError
from sim.scenario import load

DEMAND = "crowd: {shoppers: 0, demand: {distribution: trace, skus: 2, file: t.csv}}\n"
LOAD = "crowd: {shoppers: 0}\nplatform: {load: {trace: t.csv}}\n"
GOODS = "shelf: {catalogue: {table: t.csv, categories: {tea: {}, pots: {}}}}\n"

WRONG = [
    # demand
    (DEMAND, "period,sku\n0,0\n", 1, "column units: found the columns period, sku", ""),
    (DEMAND, "period,sku,units\n0,0,5\n1,0,\n", 3, "column units: found an empty cell, accepted: a number from 0", ""),
    (DEMAND, "period,sku,units\n0,0,5\n1,0,-2\n", 3, "column units: found -2", ""),
    (DEMAND, "period,sku,units\n0,0,inf\n", 2, "column units: found inf", ""),
    (DEMAND, "period,sku,units\n0,0,nan\n", 2, "column units: found", ""),
    (DEMAND, "period,sku,units\n0,0,1e13\n", 2, "column units: found 1", ""),
    (DEMAND, "period,sku,units\n0,0,many\n", 2, "column units: found 'many'", ""),
    (DEMAND, "period,sku,units\n0,2,5\n", 2, "column sku: found 2, accepted: a whole number from 0 to 1", ""),
    (DEMAND, "period,sku,units\n-1,0,5\n", 2, "column period: found -1", ""),
    (DEMAND, "period,sku,units\n0.5,0,5\n", 2, "column period: found 0.5, accepted: a whole number", ""),
    (DEMAND, "period,sku,units\n0,0,5\n1,0,5\n0,0,6\n", 4, "found period 0, sku 0 a second time", ""),
    (DEMAND, "period,sku,units\n0,0,5\n\n1,0,5\n", 3, "column period: found an empty cell", ""),
    (DEMAND, "period,sku,units\n", 0, "an empty table", ""),
    (DEMAND, "period,sku,units\n0,0,5,7\n", 0, "more cells than the first line has names", ""),
    (DEMAND, "period,sku,units,units\n0,0,5,7\n", 1, "found the column 'units' twice", ""),
    # load
    (LOAD, "time,hits\n1,2\n", 1, "accepted: a column named count", ""),
    (LOAD, "count\n1\n\n3\n", 3, "column count: found an empty cell", ""),
    (LOAD, "count\n1\n-3\n", 3, "column count: found -3", ""),
    (LOAD, "period,count\n0,1\n2,3\n", 3, "column period: found 2 after 0, accepted: one row for each minute", ""),
    (LOAD, "period,count\n1,1\n0,3\n", 3, "column period: found 0 after 1", ""),
    (LOAD, "time,count\n2026-06-01 00:00,1\n2026-06-01 00:05,2\n", 3, "after '2026-06-01 00:00'", ""),
    (LOAD, "time,count\n2026-06-01 00:00,1\nnoon,2\n", 3, "column time: found 'noon'", ""),
    # goods
    (GOODS, "category,price\ntea,5\n", 1, "column list_price", ""),
    (GOODS, "category,list_price,colour\ntea,5,red\npots,9,red\n", 1, "unknown column 'colour'", ""),
    (GOODS, "category,list_price,unit_costs\ntea,5,3\npots,9,3\n", 1, "unknown column 'unit_costs'", "unit_cost"),
    (GOODS, "category,list_price\ntea,5\npots,0\n", 3, "column list_price: found 0", ""),
    (GOODS, "category,list_price\ntea,5\npot,9\n", 3, "column category: found 'pot'", "pots"),
    (GOODS, "category,list_price\ntea,5\n", 1, "found no row of 'pots'", ""),
    (GOODS, "category,list_price,hero\ntea,5,1\npots,9,2\n", 3, "column hero: found 2, accepted: a whole number from 0 to 1", ""),
    (GOODS, "category,list_price,appeal\ntea,5,1\npots,9,0\n", 3, "column appeal: found 0, accepted: a number above 0", ""),
    (GOODS, "category,list_price,returns\ntea,5,7%\npots,9,0.1\n", 2, "column returns: found '7%'", ""),
    (GOODS, "sku,category,list_price\na,tea,5\na,pots,9\n", 3, "found sku 'a' a second time", ""),
]


@pytest.mark.parametrize(("body", "table", "line", "words", "hint"), WRONG)
def test_a_wrong_table_is_told_on_loading(write, head, body, table, line, words, hint):
    write("scenarios/t.csv", table)
    with pytest.raises(ScenarioError) as caught:
        load(write("scenarios/x.yaml", head + body))
    told = [item for item in caught.value.problems if words in item.message]
    assert told, str(caught.value)
    assert (told[0].file, told[0].line, told[0].suggestion) == ("scenarios/t.csv", line, hint)
    assert told[0].path in ("crowd.demand.file", "platform.load.trace", "shelf.catalogue.table")
    assert bool(told[0].line) == bool(told[0].column)


def test_a_table_without_its_distribution_is_told_which_one_reads_it(write, head):
    with pytest.raises(ScenarioError) as caught:
        load(write("scenarios/x.yaml", head + "crowd: {shoppers: 0, demand: {file: t.csv}}\n"))
    told = "found a poisson demand without mean, accepted: one with mean, or distribution: trace"
    assert told in [item.message for item in caught.value.problems]


@pytest.mark.parametrize(("body", "table", "line", "words", "hint"), [WRONG[2], WRONG[18], WRONG[28]])
def test_parquet_is_checked_as_csv_is_and_told_by_row(write, head, folder, body, table, line, words, hint):
    pd.read_csv(io.StringIO(table)).to_parquet(folder / "scenarios/t.parquet")
    with pytest.raises(ScenarioError) as caught:
        load(write("scenarios/x.yaml", head + body.replace("t.csv", "t.parquet")))
    column, rest = words.split(": ", 1)
    assert f"{column}, row {line - 1}: {rest}" in str(caught.value).replace(".0", "")


def test_every_wrong_column_and_every_mistake_of_the_document_are_told_at_once(write, head):
    write("scenarios/t.csv", "period,sku,units\n-1,7,-5\n")
    with pytest.raises(ScenarioError) as caught:
        load(write("scenarios/x.yaml", head + DEMAND + "shelf: {announc: 3d}\n"))
    assert {item.path for item in caught.value.problems} == {"crowd.demand.file", "shelf.announc"}
    assert len(caught.value.problems) == 4


def test_blank_lines_at_the_end_are_nothing_and_a_byte_order_mark_is_no_name(write, head):
    write("scenarios/t.csv", "\ufeffperiod,sku,units\n0,0,5\n1,1,7\n\n\n")
    scenario = load(write("scenarios/x.yaml", head + DEMAND))
    assert scenario.table("t.csv")["units"].tolist() == [5, 7]


def test_a_table_that_has_changed_since_it_was_checked_is_refused(write, head):
    write("scenarios/t.csv", "period,sku,units\n0,0,5\n")
    scenario = load(write("scenarios/x.yaml", head + DEMAND))
    write("scenarios/t.csv", "period,sku,units\n0,0,-5\n")
    with pytest.raises(ScenarioError, match="another content"):
        scenario.table("t.csv")
