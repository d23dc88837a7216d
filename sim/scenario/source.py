"""From bytes to nodes: a safe, strict subset of YAML 1.2 with line and column of every value.

Files are data from strangers. The parser's event stream is consumed one event at a time under limits,
so neither deep nesting nor an alias bomb is ever built; tags, merge keys, several documents in one file
and duplicate keys are refused; numbers are finite and bounded. Nothing here ever executes a file.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from sim.core.errors import Problem, shown
from sim.scenario.nodes import Mark, Node, dotted, listing, mapping

MAX_BYTES = 512 * 1024
MAX_DEPTH = 32
MAX_NODES = 50_000
MAX_SCALAR = 10_000
MAX_KEY = 200
MAX_NUMBER = 1e18

_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*(?:_[0-9]+)*)")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+(?:_[0-9]+)*(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_WORDS: dict[str, Any] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


_BARE_ERRORS = (ValueError, LookupError, AttributeError, TypeError, AssertionError, RuntimeError)


class _StopReadingError(Exception):
    """Reading cannot go on; the problem is already noted."""


def parse(data: bytes, file: str) -> tuple[Node | None, list[Problem]]:
    """Nodes of a YAML document and every problem found; the node is None when reading had to stop.

    `file` is only a label for messages.
    """
    problems: list[Problem] = []
    text = _decode(data, file, problems)
    if text is None:
        return None, problems
    builder = _Builder(file, problems)
    try:
        return builder.document(_events(text)), problems
    except _StopReadingError:
        return None, problems
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = " ".join(part for part in (error.context, error.problem) if part)
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
        problems.append(Problem(file, line, column, "", f"not valid YAML: {_one_line(what)}"))
    except (YAMLError, *_BARE_ERRORS) as error:
        # The scanner answers some malformed input with bare Python errors.
        line, column = builder.place
        problems.append(Problem(file, line, column, "", f"not valid YAML: {_one_line(str(error)) or 'unreadable'}"))
    return None, problems


def parse_value(text: str, label: str) -> tuple[Node | None, list[Problem]]:
    """The value of an override such as `30%` or `[1, 2]`, read like a value in a file."""
    node, problems = parse(text.encode("utf-8", "surrogatepass"), label)
    placed = None if node is None else _placed(node, Mark(label, 0, 0))
    return placed, [Problem(label, 0, 0, problem.path, problem.message) for problem in problems]


def _placed(node: Node, mark: Mark) -> Node:
    """The tree with every value at `mark`."""
    value = node.value
    if node.kind == "map":
        value = {key: _placed(child, mark) for key, child in value.items()}
    elif node.kind == "list":
        value = [_placed(child, mark) for child in value]
    return Node(node.kind, value, mark, mark, node.size)


def _one_line(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 200 else text[:199] + "…"


#: byte order marks; UTF-32's begins with UTF-16's, so it comes first
_OTHER_ENCODINGS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)


def _decode(data: bytes, file: str, problems: list[Problem]) -> str | None:
    if len(data) > MAX_BYTES:
        problems.append(Problem(file, 0, 0, "", f"found a file of {len(data)} bytes, accepted: at most {MAX_BYTES}"))
        return None
    for mark, name in _OTHER_ENCODINGS:
        if data.startswith(mark):
            problems.append(Problem(file, 1, 1, "", f"found {name} text, accepted: UTF-8"))
            return None
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        byte = f"byte 0x{data[error.start]:02x}"
        problems.append(Problem(file, line, column, "", f"found {byte}, which is no UTF-8, accepted: UTF-8 text"))
        return None
    for index, character in enumerate(text):
        if _forbidden(character):
            line = text.count("\n", 0, index) + 1
            column = index - text.rfind("\n", 0, index)
            message = f"found the control character U+{ord(character):04X}, accepted: printable text"
            problems.append(Problem(file, line, column, "", message))
            return None
    return text


def _forbidden(character: str) -> bool:
    code = ord(character)
    if code < 0x20:
        return character not in "\t\n\r"
    # Delete and C1 controls; separators some editors count as lines; bidirectional overrides hide text; the BOM.
    return 0x7F <= code <= 0x9F or code in _INVISIBLE or (code >= 0xFFFE and code & 0xFFFE == 0xFFFE)


_INVISIBLE = {0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF}


def _events(text: str) -> Iterator[Event]:
    yaml = YAML(typ="safe", pure=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield from yaml.parse(text)


class _Builder:
    """Builds nodes from the event stream, noting problems in `problems`."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        self.file = file
        self.problems = problems
        self.anchors: dict[str, Node] = {}
        self.place = (1, 1)
        self.nodes = 0

    def document(self, events: Iterator[Event]) -> Node:
        """The one document of the stream. An empty stream is an empty scalar."""
        root: Node | None = None
        for event in events:
            self.mark(event)
            if isinstance(event, DocumentStartEvent):
                if root is not None:
                    self.fatal(self.mark(event), (), "found a second document (---), accepted: one document a file")
            elif isinstance(event, (MappingStartEvent, SequenceStartEvent, ScalarEvent, AliasEvent)):
                root = self.node(event, events, ())
        return root or Node("scalar", None, Mark(self.file, 1, 1))

    def mark(self, event: Event) -> Mark:
        start = event.start_mark
        self.place = (start.line + 1, start.column + 1)
        return Mark(self.file, *self.place)

    def note(self, mark: Mark, path: tuple[str | int, ...], message: str) -> None:
        self.problems.append(Problem(mark.file, mark.line, mark.column, dotted(path), message))

    def fatal(self, mark: Mark, path: tuple[str | int, ...], message: str) -> None:
        self.note(mark, path, message)
        raise _StopReadingError

    def node(self, event: Event, events: Iterator[Event], path: tuple[str | int, ...]) -> Node:
        mark = self.mark(event)
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self.fatal(mark, path, f"found more than {MAX_NODES} values, accepted: at most {MAX_NODES} in one file")
        if len(path) > MAX_DEPTH:
            self.fatal(mark, path[:8], f"found nesting deeper than {MAX_DEPTH}, accepted: at most {MAX_DEPTH} levels")
        if isinstance(event, AliasEvent):
            return self.alias(event, mark, path)
        tag = getattr(event, "tag", None)
        if tag is not None:
            self.note(mark, path, f"found the tag {shown(str(tag))}, accepted: plain values without tags")
        anchor = getattr(event, "anchor", None)
        if isinstance(event, MappingStartEvent):
            node = self.map(events, mark, path)
        elif isinstance(event, SequenceStartEvent):
            node = self.list(events, mark, path)
        else:
            assert isinstance(event, ScalarEvent)
            node = self.scalar(event, mark, path)
        if tag is not None:
            node = Node("bad", None, mark)
        if anchor is not None:
            # Registered after its end: an alias inside its own anchor is unknown, so no cycle can arise.
            self.anchors[anchor] = node
        return node

    def alias(self, event: AliasEvent, mark: Mark, path: tuple[str | int, ...]) -> Node:
        target = self.anchors.get(event.anchor)
        if target is None:
            self.note(mark, path, f"found the alias *{event.anchor}, accepted: an anchor that is complete before it")
            return Node("bad", None, mark)
        self.nodes += target.size
        if self.nodes > MAX_NODES:
            message = f"found aliases that expand to more than {MAX_NODES} values, accepted: at most {MAX_NODES}"
            self.fatal(mark, path, message)
        if len(path) + depth(target) > MAX_DEPTH:
            self.fatal(mark, path, f"found an alias nesting deeper than {MAX_DEPTH}, accepted: {MAX_DEPTH} levels")
        return target

    def map(self, events: Iterator[Event], mark: Mark, path: tuple[str | int, ...]) -> Node:
        children: dict[str, Node] = {}
        for event in events:
            if isinstance(event, MappingEndEvent):
                break
            key_mark = self.mark(event)
            key = self.key(event, events, key_mark, path)
            value = self.node(next(events), events, (*path, key if key is not None else "?"))
            if key is None:
                continue
            if key in children:
                first = children[key].key_mark
                message = f"found the key {shown(key)} twice, first in line {first.line}, accepted: each key once"
                self.note(key_mark, (*path, key), message)
                continue
            if value.kind == "scalar" and value.value is None and value.mark.line != key_mark.line:
                # An empty value has no place of its own: the parser puts it where the next key begins.
                value = Node("scalar", None, key_mark)
            children[key] = value.keyed(key_mark)
        return mapping(children, mark)

    def key(self, event: Event, events: Iterator[Event], mark: Mark, path: tuple[str | int, ...]) -> str | None:
        if not isinstance(event, ScalarEvent):
            self.note(mark, path, "found a list, a mapping or an alias as a key, accepted: a plain name")
            self.node(event, events, (*path, "?"))
            return None
        text = str(event.value)
        self.nodes += 1
        if event.tag is not None:
            self.note(mark, path, f"found the tag {shown(str(event.tag))} on a key, accepted: a plain name")
        elif text == "<<" and event.style is None:
            self.note(mark, path, "found the merge key <<, accepted: 'extends' or a plain alias")
        elif not text.strip() or len(text) > MAX_KEY or not text.isprintable():
            accepted = f"a name of 1 to {MAX_KEY} printable characters"
            self.note(mark, path, f"found the key {shown(text, 30)}, accepted: {accepted}")
        else:
            if event.anchor is not None:
                self.anchors[event.anchor] = Node("scalar", text, mark)
            return text
        return None

    def list(self, events: Iterator[Event], mark: Mark, path: tuple[str | int, ...]) -> Node:
        children: list[Node] = []
        for event in events:
            if isinstance(event, SequenceEndEvent):
                break
            children.append(self.node(event, events, (*path, len(children))))
        return listing(children, mark)

    def scalar(self, event: ScalarEvent, mark: Mark, path: tuple[str | int, ...]) -> Node:
        text = str(event.value)
        if len(text) > MAX_SCALAR:
            self.note(mark, path, f"found a text of {len(text)} characters, accepted: at most {MAX_SCALAR}")
            return Node("bad", None, mark)
        if event.style is not None:
            return Node("scalar", text, mark)
        if _NOT_FINITE.fullmatch(text):
            self.note(mark, path, f"found {text}, accepted: a finite number")
            return Node("bad", None, mark)
        value = resolve(text)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and not abs(value) <= MAX_NUMBER:
            self.note(mark, path, f"found the number {shown(text, 30)}, accepted: numbers up to {MAX_NUMBER:g}")
            return Node("bad", None, mark)
        return Node("scalar", value, mark)


def depth(node: Node) -> int:
    """Levels of mappings and lists below a node, itself included."""
    if node.kind == "map":
        return 1 + max((depth(child) for child in node.value.values()), default=0)
    if node.kind == "list":
        return 1 + max((depth(child) for child in node.value), default=0)
    return 0


def resolve(text: str) -> Any:
    """The value of a plain scalar: null, true or false, a whole number, a number, otherwise the text itself.

    As in YAML 1.2, `yes`, `06-18` and `11:00` are text. A number with a leading zero is text too (a code,
    not a quantity). A number too large to hold comes back as infinity.
    """
    if text in _WORDS:
        return _WORDS[text]
    if _LEADING_ZERO.fullmatch(text):
        return text
    if _INT.fullmatch(text):
        return int(text.replace("_", "")) if len(text) <= 30 else float("inf")
    if _FLOAT.fullmatch(text):
        return float(text.replace("_", ""))
    return text
