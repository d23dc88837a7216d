"""A file may build on others of its own tree, and on nothing outside it."""

import os

import pytest

from sim.scenario import load
from sim.scenario.extends import read_tree


def plain(path):
    """The merged document of a file without problems."""
    tree = read_tree(path)
    assert not tree.problems, [str(problem) for problem in tree.problems]
    return tree.node.plain()


def messages(path):
    """What is said about a file."""
    return [str(problem) for problem in read_tree(path).problems]


def test_the_nearer_file_wins_mappings_join_and_lists_are_replaced(write):
    write("scenarios/base.yaml", "a: {x: 1, y: {p: 1}}\nb: [1, 2, 3]\nc: 7\n")
    write("scenarios/top.yaml", "extends: base.yaml\na: {y: {q: 2}}\nb: [9]\n")
    assert plain("scenarios/top.yaml") == {"a": {"x": 1, "y": {"p": 1, "q": 2}}, "b": [9], "c": 7}


def test_a_chain_is_merged_from_its_far_end(write):
    write("scenarios/1.yaml", "a: 1\nb: 1\nc: 1")
    write("scenarios/2.yaml", "extends: 1.yaml\nb: 2\nc: 2")
    write("scenarios/3.yaml", "extends: 2.yaml\nc: 3")
    assert plain("scenarios/3.yaml") == {"a": 1, "b": 2, "c": 3}


def test_a_case_may_build_on_the_scenarios_above_it(write):
    write("scenarios/base.yaml", "a: 1")
    write("scenarios/cases/deep/x.yaml", "extends: ../../base.yaml\nb: 2")
    assert plain("scenarios/cases/deep/x.yaml") == {"a": 1, "b": 2}


def test_a_mapping_may_come_from_another_file_and_add_to_it(write):
    write("scenarios/calibrated/shop.yaml", "young: {share: 30%}\nold: {share: 70%}")
    write("scenarios/x.yaml", "crowd: {segments: {from: calibrated/shop.yaml, old: {share: 60%}}}")
    segments = plain("scenarios/x.yaml")["crowd"]["segments"]
    assert segments == {"young": {"share": "30%"}, "old": {"share": "60%"}}


def test_a_date_under_from_is_no_file(write):
    write("scenarios/x.yaml", "shelf: {promotions: [{kind: presale, from: 06-01}]}")
    assert plain("scenarios/x.yaml")["shelf"]["promotions"][0]["from"] == "06-01"


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("../outside.yaml", "leaves the folder"),
        ("../../outside.yaml", "leaves the folder"),
        ("sub/../../outside.yaml", "leaves the folder"),
        ("/etc/passwd.yaml", "relative to this file"),
        ("missing.yaml", "does not exist"),
        ("notes.txt", "ending in .yaml"),
        ("folder.yaml", "no regular file"),
        ("link.yaml", "leaves the folder"),
        ("linked/outside.yaml", "leaves the folder"),
        ("'..\\outside.yaml'", "accepted"),
        ("[a.yaml]", "the name of a file"),
        ("5", "the name of a file"),
        ("", "the name of a file"),
    ],
)
def test_what_may_not_be_named_is_refused_where_it_is_named(folder, write, reference, words):
    write("outside.yaml", "secret: 1")
    (folder / "scenarios/folder.yaml").mkdir()
    os.symlink(folder / "outside.yaml", folder / "scenarios/link.yaml")
    os.symlink(folder, folder / "scenarios/linked")
    write("scenarios/notes.txt", "a: 1")
    write("scenarios/x.yaml", f"name: x\nextends: {reference}\n")
    (message,) = messages("scenarios/x.yaml")
    assert message.startswith("scenarios/x.yaml:2:")
    assert words in message
    assert "secret" not in message


def test_a_link_inside_the_tree_is_followed(folder, write):
    write("scenarios/base.yaml", "a: 1")
    os.symlink(folder / "scenarios/base.yaml", folder / "scenarios/alias.yaml")
    write("scenarios/x.yaml", "extends: alias.yaml")
    assert plain("scenarios/x.yaml") == {"a": 1}


@pytest.mark.parametrize("length", [1, 2, 5])
def test_a_circle_is_refused_by_name(write, length):
    for n in range(length):
        write(f"scenarios/f{n}.yaml", f"extends: f{(n + 1) % length}.yaml\na: {n}")
    (message,) = messages("scenarios/f0.yaml")
    assert "a circle f0.yaml -> " in message
    assert message.startswith(f"scenarios/f{length - 1}.yaml:1:10")


def test_a_circle_through_a_part_is_refused_too(write):
    write("scenarios/x.yaml", "crowd: {from: part.yaml}")
    write("scenarios/part.yaml", "segments: {from: x.yaml}")
    assert any("circle" in message for message in messages("scenarios/x.yaml"))


def test_a_long_chain_is_refused(write):
    for n in range(40):
        write(f"scenarios/f{n}.yaml", f"extends: f{n + 1}.yaml")
    write("scenarios/f40.yaml", "a: 1")
    assert any("a chain of more than" in message for message in messages("scenarios/f0.yaml"))


def test_a_pipe_is_not_opened(folder):
    os.mkfifo(folder / "scenarios/pipe.yaml")
    assert "no regular file" in messages("scenarios/pipe.yaml")[0]


def test_a_missing_top_file_is_told_by_its_name():
    assert messages("nowhere.yaml") == [
        "nowhere.yaml  found 'nowhere.yaml', which does not exist, accepted: an existing file"
    ]


def test_a_link_to_itself_and_a_name_no_file_can_have_are_told_as_missing(folder):
    (folder / "circle.yaml").symlink_to("circle.yaml")
    assert messages("circle.yaml") == ["circle.yaml  found 'circle.yaml', which does not exist, accepted: an existing file"]
    assert "which does not exist" in messages("\0")[0]


@pytest.mark.parametrize(("text", "words"), [("", "an empty file"), ("- 1", "a list of 1"), ("words", "'words'")])
def test_a_document_is_a_mapping(write, text, words):
    write("scenarios/x.yaml", text)
    assert words in messages("scenarios/x.yaml")[0]


def test_mistakes_of_every_file_are_told_with_their_own_file_and_line(write, problems):
    write("scenarios/base.yaml", "name: base\nstart: 2026-06-01\ndays: many\nshelf: {catalog: {}}\n")
    write("scenarios/x.yaml", "extends: base.yaml\nname: x\nwarmup: 7\n")
    told = problems("scenarios/x.yaml")
    assert any(line.startswith("scenarios/x.yaml:3:9  warmup: found 7") for line in told)
    assert any(line.startswith("scenarios/base.yaml:3:7  days: found 'many'") for line in told)
    assert any(line.startswith("scenarios/base.yaml:4:9  shelf.catalog: ") and "'catalogue'?" in line for line in told)
    assert len(told) == 3


def test_a_base_that_cannot_be_read_does_not_make_its_keys_missing(write, problems):
    write("scenarios/base.yaml", "name: [\n")
    write("scenarios/x.yaml", "extends: base.yaml\nwarmup: 7\n")
    told = problems("scenarios/x.yaml")
    assert len(told) == 2
    assert any("not valid YAML" in line for line in told)
    assert any("warmup" in line for line in told)


def test_the_hash_does_not_depend_on_where_the_files_lie(write, head):
    write("scenarios/base.yaml", head)
    write("scenarios/x.yaml", "extends: base.yaml\nname: x")
    write("elsewhere/base.yaml", head)
    write("elsewhere/x.yaml", "extends: base.yaml\nname: x")
    write("flat.yaml", head.replace("name: test", "name: x"))
    digests = {load(path).digest() for path in ("scenarios/x.yaml", "elsewhere/x.yaml", "flat.yaml")}
    assert len(digests) == 1


def test_files_that_multiply_are_refused_at_once(write):
    for number in range(8):
        parts = "\n".join(f"k{copy}: {{from: part{number + 1}.yaml}}" for copy in range(10))
        write(f"scenarios/part{number}.yaml", parts)
    write("scenarios/part8.yaml", "a: 1")
    write("scenarios/x.yaml", "crowd: {from: part0.yaml}")
    told = messages("scenarios/x.yaml")
    assert len(told) == 1
    assert "in all its files" in told[0]


def test_nesting_holds_over_all_files(write):
    for number in range(12):
        write(f"scenarios/part{number}.yaml", f"a: {{b: {{c: {{from: part{number + 1}.yaml}}}}}}")
    write("scenarios/part12.yaml", "a: 1")
    told = messages("scenarios/part0.yaml")
    assert len(told) == 1
    assert "levels of nesting" in told[0]
