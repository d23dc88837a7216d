"""The compiling of a first run on two cores: a forked process translates functions that the great kernel is made of.

Numba translates in Python, one function after the other, and most of a first run is the translation of the functions
that one kernel calls. `begin` starts a process that does a list of them from its front. This process goes on as ever:
it takes over what the other has finished, and where it needs what the other is just at, it does one from the back of
the list meanwhile. Each function is translated by itself, from its source and the types of its arguments alone, so who
has done it changes nothing. Where the other process dies, this one does it all.
"""

from __future__ import annotations

import atexit
import ctypes
import hashlib
import json
import multiprocessing
import os
import select
import signal
import struct
import sys
import tempfile
import threading
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from copy import copy
from itertools import count
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm
from numba import config, typeof
from numba.core import event, serialize
from numba.core.bytecode import FunctionIdentity
from numba.core.compiler import compile_result
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import cpu_target

from sim.core import cache
from sim.core.compiled import INTERPRETED, InnerDispatcher, InnerLibrary

Job = tuple[Any, Sequence[Any]]  # a function, and values of the types of its arguments
NOTE = "shared.json"  # what of the last great kernel was compiled by the other process
_MESSAGE = struct.Struct("=20sqq")  # name of what is there, where, bytes; 0 bytes: a job that was begun
_PARENT_DEATH = 1  # PR_SET_PDEATHSIG


def begin(kernel: Any, arguments: Sequence[Any], jobs: Sequence[Job], after: Sequence[Job] = ()) -> int | None:
    """Share the compiling of ``kernel``, unless it is kept already for ``arguments``.

    ``jobs`` are `inner` functions it calls; ``after`` are kernels that will be needed later, which are kept where
    compiled kernels are. Returns the id of the process that was started; None where there is none.
    """
    if INTERPRETED or _is_alone() or _is_kept(kernel, arguments):
        return None
    wanted = [(function, _types(function, values)) for function, values in jobs]
    with ExitStack() as opened:
        try:
            board = opened.enter_context(tempfile.TemporaryFile(buffering=0))
            told, tells = (_closed_by(opened, *os.pipe()) for _ in range(2))
            parent = os.getpid()
            process = os.fork()
        except OSError:  # no room on the disk, no memory, no process: all is done here
            return None
        if process == 0:
            _help(parent, board.fileno(), told[1], tells[0], wanted, after)
        opened.pop_all()
    os.close(told[1])
    os.close(tells[0])
    atexit.register(_end, process)
    InnerDispatcher.shared = Mine(board, told[0], tells[1], wanted)
    event.register("numba:compile", _WhenDone(kernel))
    return process


def _closed_by(opened: ExitStack, *ends: int) -> tuple[int, ...]:
    """Both ends of a pipe, which are closed if nothing comes of it."""
    for end in ends:
        opened.callback(os.close, end)
    return ends


def _is_alone() -> bool:
    """Whether there is no second core, or this process is not one that may fork."""
    if not cache.may_fork or sys.platform != "linux" or multiprocessing.parent_process() is not None:
        return True
    return len(os.sched_getaffinity(0)) < 2 or threading.active_count() > 1


def _is_kept(kernel: Any, arguments: Sequence[Any]) -> bool:
    kinds = tuple(typeof(value) for value in arguments)
    if kinds in kernel.overloads:
        return True
    key = kernel._cache._index_key(kinds, kernel.targetctx.codegen())
    return key in kernel._cache._cache_file._load_index()


def _types(function: Any, values: Iterable[Any]) -> tuple[Any, ...]:
    """The types a function is compiled for, given such values."""
    widened = getattr(function, "widened", lambda kind: kind)
    return tuple(widened(typeof(value)) for value in values)


def _name(function: Any, kinds: Sequence[Any]) -> bytes:
    """What a function for these types is called between the two processes."""
    source = function.py_func
    text = f"{source.__module__}.{source.__qualname__}:{source.__code__.co_firstlineno}({', '.join(map(str, kinds))})"
    return hashlib.sha1(text.encode()).digest()


def _end(process: int) -> None:
    """End the other process, which may still be at kernels for later."""
    with suppress(OSError):
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)


# The other process ---------------------------------------------------------------------------------


class Theirs:
    """What the other process does with each function it has translated: it puts it on the board."""

    def __init__(self, board: int, tell: int) -> None:
        self.board, self.tell = board, tell
        self.end = 0
        self.libraries: dict[Any, bytes] = {}

    def asked(self, function: Any, kinds: Sequence[Any]) -> None:
        """Nobody counts here."""

    def take(self, function: Any, kinds: Sequence[Any]) -> None:
        """Nothing comes from elsewhere here."""

    def put(self, name: bytes, content: Any) -> None:
        """Write ``content`` onto the board, then say that it is there."""
        data = serialize.dumps(content)
        written = 0
        while written < len(data):
            written += os.pwrite(self.board, data[written:], self.end + written)
        os.write(self.tell, _MESSAGE.pack(name, self.end, len(data)))
        self.end += len(data)

    def library(self, library: Any) -> bytes:
        """Put code, and what it needs, onto the board once; returns its name there."""
        if library not in self.libraries:
            own = isinstance(library, InnerLibrary)
            needed = [self.library(part) for part in library._linking_libraries] if own else []
            module = library.own_module() if own else library._get_module_for_linking()
            name = hashlib.sha1(f"library {len(self.libraries)}".encode()).digest()
            self.put(name, (library.name, module.as_bitcode(), needed))
            self.libraries[library] = name
        return self.libraries[library]

    def give(self, function: Any, kinds: Sequence[Any], made: Any) -> None:
        """Put a function that was translated here onto the board."""
        if made.library.has_dynamic_globals or made.reload_init:
            return  # holds addresses of this process, or must be made ready in every process
        described = copy(made.fndesc)
        described.typemap = described.calltypes = None
        parts = (described, made.environment, made.signature)
        self.put(_name(function, kinds), (self.library(made.library), parts))


def _help(parent: int, board: int, tell: int, hear: int, jobs: Sequence[Any], after: Sequence[Job]) -> None:
    """The whole life of the other process, which does not return from here."""
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        ctypes.CDLL(None).prctl(_PARENT_DEATH, signal.SIGKILL)
        if os.getppid() != parent:  # it has ended before that could be asked for
            return
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        for opened in map(int, os.listdir("/proc/self/fd")):  # files and locks of the parent end with the parent
            if opened > 2 and opened not in (board, tell, hear):
                with suppress(OSError):  # that of the listing itself
                    os.close(opened)
        os.set_blocking(hear, False)
        # names of translated functions hold a running number, which must not be one of the parent's
        FunctionIdentity._unique_ids = count(1_000_000_000)
        InnerDispatcher.shared = theirs = Theirs(board, tell)
        elsewhere: set[bytes] = set()
        for function, kinds in jobs:
            with suppress(BlockingIOError):
                heard = os.read(hear, 1 << 16)
                elsewhere.update(heard[at : at + 20] for at in range(0, len(heard), 20))
            name = _name(function, kinds)
            if name not in elsewhere:
                os.write(tell, _MESSAGE.pack(name, 0, 0))
                function.compile(kinds)
        InnerDispatcher.shared = None
        os.close(theirs.tell)
        for function, values in after:
            function.compile(_types(function, values))
    finally:
        os._exit(0)


# This process --------------------------------------------------------------------------------------


class Mine:
    """What this process takes over from the other, and which jobs it does itself."""

    def __init__(self, board: Any, hear: int, tell: int, jobs: Sequence[Any]) -> None:
        self.board, self.hear, self.tell = board, hear, tell
        self.left = {_name(function, kinds): (function, kinds) for function, kinds in jobs}  # begun by nobody
        self.unasked = {name: function.py_func.__qualname__ for name, (function, _) in self.left.items()}
        self.sources = {function.py_func for function, _ in self.left.values()}
        self.begun: set[bytes] = set()  # by the other
        self.there: dict[bytes, tuple[int, int]] = {}
        self.libraries: dict[bytes, InnerLibrary] = {}
        self.taken: set[str] = set()
        self.ears = select.poll()
        self.ears.register(hear, select.POLLIN)
        self.alive = True
        self.unread = b""

    def close(self) -> None:
        """Forget the other process. What was shared is noted beside the kernels, for whoever keeps the list of jobs."""
        note = {"taken": sorted(self.taken), "never asked for": sorted(self.unasked.values())}
        with suppress(OSError):
            Path(vars(config)["CACHE_DIR"], NOTE).write_text(json.dumps(note, indent=1), encoding="utf-8")
        self.board.close()
        os.close(self.hear)
        os.close(self.tell)

    def listen(self, *, wait: bool) -> None:
        """Hear what the other process has begun and finished since; with ``wait``, until it says something."""
        while self.alive and self.ears.poll(None if wait else 0):
            heard = os.read(self.hear, 1 << 16)
            self.alive, wait = bool(heard), False
            self.unread += heard
            whole = len(self.unread) // _MESSAGE.size * _MESSAGE.size
            for name, place, size in _MESSAGE.iter_unpack(self.unread[:whole]):
                if size:
                    self.there[name] = place, size
                else:
                    self.begun.add(name)
                    self.left.pop(name, None)
            self.unread = self.unread[whole:]

    def claim(self, name: bytes) -> None:
        """Tell the other process that this job is done here."""
        if self.left.pop(name, None) is not None and self.alive:
            with suppress(BrokenPipeError):
                os.write(self.tell, name)

    def asked(self, function: Any, kinds: Sequence[Any]) -> None:
        """A function is called for, whether it is there already or not."""
        if function.py_func in self.sources:
            self.unasked.pop(_name(function, kinds), None)

    def take(self, function: Any, kinds: Sequence[Any]) -> Any:
        """The function translated elsewhere; None where it is to be done here."""
        name = _name(function, kinds)
        self.listen(wait=False)
        while self.alive and name in self.begun and name not in self.there:
            if self.left:
                last, (other, needed) = list(self.left.items())[-1]
                self.claim(last)
                label = self.unasked[last]
                other.compile(needed)
                self.unasked[last] = label  # nobody has asked for it yet
            else:
                self.listen(wait=True)
            self.listen(wait=False)
        if name not in self.there:
            self.claim(name)
            return None
        self.taken.add(function.py_func.__qualname__)
        with global_compiler_lock:
            return self.rebuild(name)

    def read(self, name: bytes) -> Any:
        """What the board holds under a name."""
        place, size = self.there[name]
        data = os.pread(self.board.fileno(), size, place)
        while len(data) < size:
            data += os.pread(self.board.fileno(), size - len(data), place + len(data))
        return serialize.loads(data)

    def library(self, name: bytes) -> InnerLibrary:
        """Code from the board, with all it needs."""
        if name not in self.libraries:
            title, code, needed = self.read(name)
            library = InnerLibrary(cpu_target.target_context.codegen(), title)
            library._final_module = llvm.parse_bitcode(code)
            library._linking_libraries = [self.library(part) for part in needed]
            library._finalized = True
            self.libraries[name] = library
        return self.libraries[name]

    def rebuild(self, name: bytes) -> Any:
        """A function from the board, as the compiler would have returned it."""
        code, (described, environment, signature) = self.read(name)
        context = cpu_target.target_context
        library = self.library(code)
        return compile_result(
            target_context=context,
            typing_context=context.typing_context,
            library=library,
            environment=environment,
            entry_point=context.get_executable(library, described, environment),
            fndesc=described,
            type_annotation="",
            signature=signature,
            objectmode=False,
            lifted=(),
            typing_error=None,
            call_helper=None,
            metadata=None,
            reload_init=(),
            referenced_envs=(),
        )

    def give(self, function: Any, kinds: Sequence[Any], made: Any) -> None:
        """The other process needs nothing from here."""


class _WhenDone(event.Listener):  # type: ignore[misc]
    """Ends the sharing when the great kernel is compiled."""

    def __init__(self, kernel: Any) -> None:
        self.kernel = kernel

    def on_start(self, event: Any) -> None:
        """Nothing ends at a start."""

    def on_end(self, event: Any) -> None:
        """Forget the other process; it may go on with what will be needed later."""
        if event.data.get("dispatcher") is self.kernel and isinstance(InnerDispatcher.shared, Mine):
            InnerDispatcher.shared.close()
            InnerDispatcher.shared = None
