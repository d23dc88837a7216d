"""How kernels are compiled: `njit(cache=True)` for what Python calls, `inner` for what only kernels call.

Numba makes machine code of every function on its own, each time with all that the function calls: in a tree of
calls a leaf is optimised once for every level above it. An `inner` function is only translated; the code of all that a
kernel needs is put together, optimised and made into machine code once, with the kernel that Python calls.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba import config, types
from numba.core import cgutils, sigutils
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler, DefaultPassBuilder
from numba.core.compiler_machinery import register_pass
from numba.core.registry import CPUDispatcher
from numba.core.targetconfig import TargetConfig
from numba.core.typed_passes import NativeLowering
from numba.extending import intrinsic


def _equal_options(self: TargetConfig, other: object) -> Any:
    """`TargetConfig.__eq__`, where only options that one of both sets are compared: the others have their defaults."""
    if not isinstance(other, TargetConfig):
        return NotImplemented
    mine, theirs, options = self._values, other._values, self.options  # type: ignore[attr-defined]
    if options is not other.options:  # type: ignore[attr-defined]
        return self.values() == other.values()
    return mine == theirs or all(
        mine.get(name, options[name].default) == theirs.get(name, options[name].default) for name in {**mine, **theirs}
    )


@cache
def _hash_of_names(kind: type) -> int:
    return hash(tuple(sorted(kind.options)))  # type: ignore[attr-defined]


def _hash_of_options(self: TargetConfig) -> int:
    """`TargetConfig.__hash__`, which is that of the options' names: made once for a class."""
    return _hash_of_names(type(self))


# the same answers sooner: options are compared at every lookup of an overload, which took a tenth of all compiling
setattr(TargetConfig, "__eq__", _equal_options)  # noqa: B010
setattr(TargetConfig, "__hash__", _hash_of_options)  # noqa: B010


class _NoEnvironment:
    """A code generator that sets no environments: there is no machine code yet whose environment could be set."""

    def __init__(self, codegen: Any) -> None:
        self._codegen = codegen

    def set_env(self, name: str, environment: Any) -> None:
        """Do nothing."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._codegen, name)


class InnerLibrary(JITCodeLibrary):  # type: ignore[misc]
    """Code of one inner function, not optimised, and which others it needs."""

    @property
    def codegen(self) -> Any:
        """The code generator, without environments."""
        return _NoEnvironment(self._codegen)

    def finalize(self) -> None:
        """Nothing more can be added; nothing is optimised or made executable."""
        self._raise_if_finalized()
        self._finalize_dynamic_globals()
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        """No machine code, no address."""
        self._ensure_finalized()
        return 0

    def parts(self, found: dict[Any, None]) -> None:
        """Add to ``found`` this library and all it needs, each once."""
        if self not in found:
            found[self] = None
            for library in self._linking_libraries:
                if isinstance(library, InnerLibrary):
                    library.parts(found)
                else:
                    found[library] = None

    def _get_module_for_linking(self) -> Any:
        """This function and all it calls, as one module."""
        self._ensure_finalized()
        if self._shared_module is None:
            found: dict[Any, None] = {}
            self.parts(found)
            module = self._final_module.clone()
            for library in found:
                if library is self:
                    continue
                if isinstance(library, InnerLibrary):
                    module.link_in(library.own_module(), preserve=True)
                else:
                    module.link_in(library._get_module_for_linking(), preserve=True)
            for function in module.functions:
                if not function.is_declaration and function.linkage == llvm.Linkage.external:
                    function.linkage = "linkonce_odr"
            self._shared_module = module
        return self._shared_module

    def own_module(self) -> Any:
        """This function alone; those it calls are only declared."""
        self._ensure_finalized()
        for function in self._final_module.functions:
            if not function.is_declaration and function.linkage == llvm.Linkage.external:
                function.linkage = "linkonce_odr"
        return self._final_module


@register_pass(mutates_CFG=True, analysis_only=False)
class InnerLowering(NativeLowering):  # type: ignore[misc]
    """Lowering into an `InnerLibrary`."""

    _name = "inner_lowering"

    def run_pass(self, state: Any) -> bool:
        """Make LLVM code of the typed function in ``state``; True says that the state was changed."""
        state.library = InnerLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
        return bool(super().run_pass(state))


class InnerCompiler(Compiler):  # type: ignore[misc]
    """Numba's compiler for inner functions: code is put into an `InnerLibrary`."""

    def define_pipelines(self) -> list[Any]:
        """Numba's own pipeline, with code made by `InnerLowering`."""
        manager = DefaultPassBuilder.define_nopython_pipeline(self.state)
        manager.passes = [
            (InnerLowering, what) if passed is NativeLowering else (passed, what) for passed, what in manager.passes
        ]
        manager._finalized = False
        manager.finalize()
        return [manager]


_WIDENED = {types.int8, types.int16, types.int32, types.int64, types.uint8, types.uint16}


class InnerDispatcher(CPUDispatcher):  # type: ignore[misc]
    """A function compiled once for all widths of integers and for constants: they are passed as 64-bit integers.

    uint32 and uint64 stay what they are, for their arithmetic wraps.
    """

    shared: ClassVar[Any] = None  #: with whom the work is shared, while it is (see `sim.core.sharing`)

    def compile(self, sig: Any) -> Any:
        """Translate the function for arguments of these types, or take over what another process has translated."""
        kinds = sigutils.normalize_signature(sig)[0]
        if self.shared is not None:
            self.shared.asked(self, kinds)
        if self.shared is None or kinds in self.overloads:
            return super().compile(sig)
        made = self.shared.take(self, kinds)
        if kinds in self.overloads:
            return super().compile(sig)
        if made is None:
            entry = super().compile(sig)
            if self.shared is not None:
                self.shared.give(self, kinds, self.overloads[kinds])
            return entry
        self.targetctx.insert_user_function(made.entry_point, made.fndesc, [made.library])
        self.add_overload(made)
        return made.entry_point

    def widened(self, kind: Any) -> Any:
        """The type the function is compiled for when it is given one of type ``kind``."""
        kind = types.unliteral(kind)
        if kind in _WIDENED:
            return types.int64
        return kind

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """What a call with arguments of these types resolves to."""
        args = tuple(self.widened(kind) for kind in args)
        return super().get_call_template(args, {name: self.widened(kind) for name, kind in kws.items()})


class WideDispatcher(InnerDispatcher):
    """As its base, for functions that cast their integers themselves: unsigned ones are passed as int64 too."""

    def widened(self, kind: Any) -> Any:
        """The type the function is compiled for when it is given one of type ``kind``."""
        kind = types.unliteral(kind)
        return types.int64 if isinstance(kind, types.Integer) else kind


INTERPRETED = bool(vars(config).get("DISABLE_JIT", 0))
_OPTIONS = {"nopython": True, "boundscheck": None, "no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False}


def inner(function: Callable[..., Any]) -> Any:
    """A compiled function that only compiled functions call.

    It has no entry for Python, which unpacks every array of every state it is given and is most of the compile time of
    a short function, and it counts no references to arrays (its callers hold them), so it may neither make nor
    return one.
    """
    if INTERPRETED:
        return function
    return InnerDispatcher(py_func=function, targetoptions=dict(_OPTIONS), pipeline_class=InnerCompiler)


def inner_with_arrays(function: Callable[..., Any]) -> Any:
    """An `inner` function that may make arrays: it counts references as `njit` functions do."""
    if INTERPRETED:
        return function
    options = {name: value for name, value in _OPTIONS.items() if name != "_nrt"}
    return InnerDispatcher(py_func=function, targetoptions=options, pipeline_class=InnerCompiler)


def inlined(function: Callable[..., Any]) -> Any:
    """An `inner` function whose code LLVM puts in place of each call. It casts its integers itself."""
    if INTERPRETED:
        return function
    options = dict(_OPTIONS, forceinline=True)
    return WideDispatcher(py_func=function, targetoptions=options, pipeline_class=InnerCompiler)


@intrinsic
def _prefetch(typing: Any, array: Any, index: Any) -> Any:
    """The instruction that fetches the cache lines of one element of an array of records."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = signature.args[0]
        base = context.make_array(kind)(context, builder, arguments[0]).data
        byte = ir.IntType(8)
        size = context.get_abi_sizeof(context.get_data_type(kind.dtype))
        start = builder.gep(builder.bitcast(base, byte.as_pointer()), [builder.mul(arguments[1], ir.IntType(64)(size))])
        word = ir.IntType(32)
        kind_of_fetch = ir.FunctionType(ir.VoidType(), [byte.as_pointer(), word, word, word])
        fetch = cgutils.get_or_insert_function(builder.module, kind_of_fetch, "llvm.prefetch.p0")
        for offset in range(0, size, 64):
            line = builder.gep(start, [ir.IntType(64)(offset)])
            builder.call(fetch, [line, word(0), word(3), word(1)])
        return context.get_dummy_value()

    return types.void(array, types.int64), generate


@inlined
def prefetch(array, index):  # type: ignore[no-untyped-def]
    """Ask the memory for ``array[index]`` (a record) now, because it will be needed soon. Changes nothing else."""
    _prefetch(array, index)  # type: ignore[call-arg]


def constants(count: int, first: int = 0) -> tuple[Any, ...]:
    """The numbers first, first + 1, ... as NumPy integers, for names that are passed to compiled functions.

    A plain Python integer is a type of its own to numba: a function is compiled again for each one it is given.
    """
    return tuple(np.int64(first + i) for i in range(count))
