"""States reach kernels by address.

Numba passes a named tuple of arrays by value: seven and more scalars for every array, packed and unpacked at every
call. A state marked here is laid out once, where Python calls a kernel, and is one pointer from there on.
"""

from __future__ import annotations

from typing import Any, TypeVar

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.imputils import impl_ret_borrowed, lower_getattr_generic
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.core.typing.typeof import typeof, typeof_impl
from numba.extending import NativeValue, models, register_model, unbox

Tuple = TypeVar("Tuple", bound=type)


class StateType(types.Type):  # type: ignore[misc]
    """Type of a state: its class and the types of its fields, in order."""

    def __init__(self, cls: type, kinds: tuple[Any, ...]) -> None:
        self.cls = cls
        self.kinds = kinds
        self.names: tuple[str, ...] = cls._fields  # type: ignore[attr-defined]
        super().__init__(name=f"{cls.__module__}.{cls.__name__}({', '.join(str(kind) for kind in kinds)})")

    @property
    def key(self) -> Any:
        """What makes two of these types equal."""
        return self.cls, self.kinds

    def field(self, name: str) -> Any:
        """Type of a field; None where there is none of that name."""
        return self.kinds[self.names.index(name)] if name in self.names else None


def by_address(cls: Tuple) -> Tuple:
    """Class decorator: instances of this named tuple of arrays are passed to kernels by address."""
    typeof_impl.register(cls)(lambda value, context: StateType(cls, tuple(typeof(field) for field in value)))
    return cls


@register_model(StateType)
class _StateModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, ir.IntType(8).as_pointer())


def _offset(context: Any, kind: StateType, position: int) -> int:
    """Byte at which a field begins; every field takes whole words."""
    return sum((context.get_abi_sizeof(context.get_value_type(field)) + 7) // 8 * 8 for field in kind.kinds[:position])


def _pointer(context: Any, builder: Any, kind: StateType, base: Any, position: int) -> Any:
    """Pointer to a field."""
    place = builder.gep(base, [ir.Constant(ir.IntType(64), _offset(context, kind, position))], inbounds=True)
    return builder.bitcast(place, context.get_value_type(kind.kinds[position]).as_pointer())


@infer_getattr
class _StateAttribute(AttributeTemplate):  # type: ignore[misc]
    key = StateType

    def generic_resolve(self, kind: Any, name: str) -> Any:  # type: ignore[override]
        """Type of an attribute."""
        return kind.field(name)


@lower_getattr_generic(StateType)
def _load(context: Any, builder: Any, kind: StateType, value: Any, name: str) -> Any:
    position = kind.names.index(name)
    loaded = builder.load(_pointer(context, builder, kind, value, position))
    return impl_ret_borrowed(context, builder, kind.kinds[position], loaded)


@unbox(StateType)
def _lay_out(kind: StateType, obj: Any, c: Any) -> NativeValue:
    words = _offset(c.context, kind, len(kind.kinds)) // 8
    memory = cgutils.alloca_once(c.builder, ir.ArrayType(ir.IntType(64), words))
    base = c.builder.bitcast(memory, ir.IntType(8).as_pointer())
    failed = cgutils.alloca_once_value(c.builder, cgutils.false_bit)
    cleanups = []
    for position, field in enumerate(kind.kinds):
        native = c.unbox(field, c.pyapi.tuple_getitem(obj, position))
        c.builder.store(native.value, _pointer(c.context, c.builder, kind, base, position))
        with c.builder.if_then(native.is_error, likely=False):
            c.builder.store(cgutils.true_bit, failed)
        if native.cleanup is not None:
            cleanups.append(native.cleanup)

    def cleanup() -> None:
        for release in reversed(cleanups):
            release()
        # the wrapper gives back what it takes of its arguments, but cannot see the arrays behind an address
        for position, field in enumerate(kind.kinds if c.context.enable_nrt else ()):
            held = c.builder.load(_pointer(c.context, c.builder, kind, base, position))
            c.context.nrt.decref(c.builder, field, held)

    return NativeValue(base, cleanup=cleanup, is_error=c.builder.load(failed))
