"""A file is read as data, under limits, with line and column of every value."""

import time

import pytest

from sim.scenario import source

FILE = "x.yaml"


def read(text):
    """Plain data and problems of a text or of bytes."""
    data = text if isinstance(text, bytes) else text.encode()
    node, problems = source.parse(data, FILE)
    return (None if node is None else node.plain()), problems


def only(text):
    """The one problem of a text."""
    problems = read(text)[1]
    assert len(problems) == 1, [str(problem) for problem in problems]
    return problems[0]


@pytest.mark.parametrize(
    ("text", "value", "reason"),
    [
        ("a: 200_000", 200_000, "underscores group digits"),
        ("a: -3", -3, "a negative number"),
        ("a: 1.5e3", 1_500.0, "an exponent"),
        ("a: 06-18", "06-18", "a date stays text"),
        ("a: 2026-06-18", "2026-06-18", "no date objects, whatever YAML 1.1 says"),
        ("a: 06-18 20:00", "06-18 20:00", "a date with a time"),
        ("a: 11:00", "11:00", "no base-sixty numbers"),
        ("a: 12:30:45", "12:30:45", "no base-sixty numbers"),
        ("a: yes", "yes", "yes is a word, not a truth value"),
        ("a: no", "no", "Norway stays a country"),
        ("a: true", True, "a truth value"),
        ("a: 007", "007", "a code with leading zeros stays text"),
        ("a: 0x1F", "0x1F", "no hexadecimal"),
        ("a: '30'", "30", "quotes make a text"),
        ("a:", None, "an empty value"),
        ("a: ~", None, "an explicit nothing"),
        ("a: 30%", "30%", "a share"),
        ("a: 年中大促", "年中大促", "names may be Chinese"),
        ("甲: 1", None, "keys too"),
        ("a: |\n  two\n  lines\n", "two\nlines\n", "a block of text"),
        ("\ufeffa: 1", 1, "a byte order mark of UTF-8 is skipped"),
        ("a: 1\r\nb: 2\r\n", 1, "Windows line ends"),
        ("a: &x [1, 2]\nb: *x", [1, 2], "a plain alias"),
    ],
)
def test_values_are_read_as_yaml_1_2_says(text, value, reason):
    plain, problems = read(text)
    assert not problems, reason
    assert plain.get("a") == value, reason
    if isinstance(value, (bool, int, float)):
        assert type(plain["a"]) is type(value)


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("a: 1\nb: 2\na: 3", 3, 1, "the key 'a' twice, first in line 1"),
        ("a:\n  b: {c: 1, c: 2}", 2, 13, "the key 'c' twice"),
        ("a: .nan", 1, 4, "a finite number"),
        ("a: -.inf", 1, 4, "a finite number"),
        ("a: 1e999", 1, 4, "numbers up to"),
        ("a: " + "9" * 5_000, 1, 4, "numbers up to"),
        ("a: 1e19", 1, 4, "numbers up to"),
        ("a: !!python/object/apply:os.system [ls]", 1, 4, "the tag"),
        ("a: !!str 5", 1, 4, "the tag"),
        ("a: !custom 5", 1, 4, "the tag"),
        ("!!int a: 5", 1, 1, "the tag"),
        ("a: {<<: {b: 1}}", 1, 5, "the merge key"),
        ("? [a, b]\n: 1", 1, 3, "as a key"),
        ("a: *nowhere", 1, 4, "the alias *nowhere"),
        ("a: &x [*x]", 1, 8, "the alias *x"),
        ("a: 1\n---\nb: 2", 2, 1, "a second document"),
        ("a: [1, 2", 1, 9, "not valid YAML"),
        ("a: b: c", 1, 5, "not valid YAML"),
        ("a: 'open", 1, 9, "not valid YAML"),
        ("a:\n\t- 1", 2, 1, "not valid YAML"),
        ("a: @x", 1, 4, "not valid YAML"),
        ("'': 1", 1, 1, "the key"),
        ("a: " + "x" * 10_001, 1, 4, "a text of 10001 characters"),
        (b"a: \xff", 1, 4, "byte 0xff"),
        (b"a: 1\nb: \xe5\xb9 x", 2, 4, "UTF-8"),
        ("a: 1".encode("utf-16"), 1, 1, "UTF-16"),
        ("a: \u6211".encode("gb18030"), 1, 4, "UTF-8"),
        (b"a: \x00", 1, 4, "control character"),
        ("a: x\x1b[31m", 1, 5, "control character"),
        ("a: \u202eabc", 1, 4, "control character"),
    ],
)
def test_what_is_refused_is_told_with_line_and_column(text, line, column, words):
    problem = only(text)
    assert words in problem.message
    assert (problem.line, problem.column) == (line, column)


def test_all_problems_of_a_file_are_told_at_once_and_reading_goes_on():
    plain, problems = read("a: .nan\nb: !x 1\nc: 1\nc: 2\nd: 3")
    assert [problem.line for problem in problems] == [1, 2, 4]
    assert plain["d"] == 3


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "{a: " * 50_000,
        "".join("  " * depth + "a:\n" for depth in range(400)),
        "- " * 50_000 + "1",
        "a: " + "[" * 33 + "]" * 33,
    ],
)
def test_deep_nesting_is_refused_quickly(text):
    start = time.perf_counter()
    problem = only(text)
    assert "deeper than" in problem.message or "not valid YAML" in problem.message
    assert time.perf_counter() - start < 2.0


def test_nesting_within_the_limit_is_read():
    depth = source.MAX_DEPTH - 1
    assert read("a: " + "[" * depth + "]" * depth)[1] == []


def test_an_alias_bomb_is_refused_before_it_is_built():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    start = time.perf_counter()
    problem = only("\n".join(lines))
    assert "expand to more than" in problem.message
    assert time.perf_counter() - start < 2.0


def test_nested_aliases_cannot_exceed_the_depth():
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 60)]
    assert "deeper than" in only("\n".join(lines)).message


def test_too_many_values_and_too_large_a_file_are_refused():
    assert "values" in only("a: [" + "1," * (source.MAX_NODES + 1) + "1]").message
    assert "bytes" in only(b"#" * (source.MAX_BYTES + 1)).message


def test_an_alias_may_be_used_often_while_it_stays_small():
    plain, problems = read("a: &x {b: 1}\nc: [" + ", ".join(["*x"] * 100) + "]")
    assert not problems
    assert plain["c"] == [{"b": 1}] * 100


def test_every_value_knows_its_place():
    node, _ = source.parse(b"a:\n  b: [1, 30%]\n", FILE)
    leaf = node.child("a").child("b").child(1)
    assert leaf.mark == (FILE, 2, 10)
    assert node.child("a").child("b").key_mark == (FILE, 2, 3)
