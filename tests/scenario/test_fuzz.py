"""Whatever a file holds, loading ends in a scenario or in a ScenarioError, quickly, and never in a traceback."""

import json
import random
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.core.errors import ScenarioError
from sim.scenario import from_resolved, load
from sim.scenario.model import ScenarioModel
from sim.scenario.overrides import Text

GOOD = """\
name: 618 年中大促
extends: base.yaml
start: 2026-06-01
days: 24
warmup: 7d
shelf:
  catalogue: {skus: 2000, hero_share: 5%}
  promotions:
    - {kind: presale, deposit: 10%, from: 06-01, balance: 06-17 20:00, skus: hero}
    - {kind: full_reduction, every: 300 CNY, off: 50 CNY, from: 06-17 20:00, to: 06-18 24:00}
    - &flash {kind: flash, off: 40%, skus: flash, at: [06-18 00:00, "06-18 10:00"], for: 1h}
    - *flash
events:
  - {at: 06-18 00:30, do: supply.fail, target: supplier-3, for: 5d}
"""
PIECES = [
    b"\x00", b"\xff", b"\xef\xbb\xbf", b"\t", b"\n", b": ", b"- ", b"[", b"]", b"{", b"}", b"&a ", b"*a", b"!!x ",
    b"|", b">", b"'", b'"', b"%", b"#", b"---\n", b"...\n", b"<<: ", b"? ", b"@", b"`", b"\\", b"1e999", b".nan",
    b"99999999999999999999", b"null", b"extends: x.yaml\n", b"from: x.yaml", b"../", "\u2028".encode(), b"%YAML 1.1\n",
    b"%TAG ! tag:x,2000:\n", b"!<x> ", b'"\\x', b'"\\U00110000"', b"-\n-\n-", b": :", b"? ? ?", b"|-9\n", b">+1\n x",
]  # fmt: skip
FUZZ = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def told(path, overrides=None):
    """The problems of loading, each printable and in the words of the others; none where a scenario was loaded."""
    start = time.perf_counter()
    problems = []
    try:
        assert load(path, overrides).digest()
    except ScenarioError as error:
        problems = [str(problem) for problem in error.problems]
        assert problems
    for text in problems:
        assert "\n" not in text
        assert "Traceback" not in text
        assert "found" in text or "valid" in text or "accepted" in text
    assert time.perf_counter() - start < 5.0
    return problems


@pytest.fixture
def put(folder):
    """Write bytes as the scenario under test, beside a base it may extend."""
    (folder / "base.yaml").write_text("name: base\n", encoding="utf-8")
    path = folder / "x.yaml"

    def write_bytes(data):
        path.write_bytes(data)
        return path

    return write_bytes


@FUZZ
@given(st.binary(max_size=400))
def test_random_bytes(put, data):
    assert told(put(data)), "three keys are required, which no bytes have by chance"


@FUZZ
@given(st.text(max_size=300))
def test_random_text(put, text):
    assert told(put(text.encode("utf-8", "surrogatepass")))


@FUZZ
@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=3), max_size=40))
def test_random_pieces_of_yaml(put, pieces):
    assert told(put(b"".join(pieces)))


@FUZZ
@given(st.randoms(use_true_random=False))
def test_a_good_file_with_bytes_changed_cut_doubled_or_put_in(put, chance: random.Random):
    data = bytearray(GOOD.encode())
    for _ in range(chance.randint(1, 6)):
        position = chance.randrange(len(data) or 1)
        match chance.randrange(5):
            case 0:
                data[position : position + 1] = bytes([chance.randrange(256)])
            case 1:
                del data[position : position + chance.randint(1, 20)]
            case 2:
                data[position:position] = chance.choice(PIECES)
            case 3:
                data[position:position] = data[position : position + chance.randint(1, 60)]
            case 4:
                del data[position:]
                data += b"\n"
    assert told(put(bytes(data))) or bytes(data).startswith(b"name: ")


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats()
    | st.sampled_from(["48h", "30%", "1 CNY", "06-18 20:00", "200/s", "flash", "all", "x" * 300, "", "年"])
)
KEYS = st.sampled_from(
    [
        "name", "start", "days", "warmup", "crowd", "shelf", "supply", "fulfilment", "platform", "events", "promotions",
        "kind", "catalogue", "categories", "at", "do", "for", "target", "policy", "from", "extends", "data",
        "plugins", "x",
    ]
)  # fmt: skip
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=25
)


@FUZZ
@given(st.dictionaries(KEYS, TREES, max_size=8))
def test_random_trees_in_a_file(put, tree):
    assert told(put(json.dumps(tree).encode())) or {"name", "start", "days"} <= tree.keys()


@FUZZ
@given(st.dictionaries(KEYS, TREES, max_size=8))
def test_random_trees_as_resolved_documents(tree):
    try:
        assert from_resolved(tree).config.name == tree["name"]
    except ScenarioError as error:
        assert error.problems


@FUZZ
@given(st.dictionaries(st.text(max_size=12) | KEYS, SCALARS | st.text(max_size=20).map(Text), max_size=4))
def test_random_overrides(put, overrides):
    wrong = [key for key in overrides if key.split(".")[0] not in ScenarioModel.model_fields]
    assert told(put(b"name: x\nstart: 2026-06-01\ndays: 3\n"), overrides) or not wrong


def test_the_good_file_is_right_so_that_what_is_told_comes_of_the_change(put):
    assert told(put(GOOD.encode())) == []


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path):
    assert "no regular file" in told(tmp_path)[0]
