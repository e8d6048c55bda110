"""The base of every event, effect and configuration object: slotted, immutable, compared by value.

Only the mechanism belongs here. `dataclasses` would do the same, but sixty of them cost a PID 1 some 50 ms of start-up,
because each generates its methods as source; here every record shares the methods below. Who makes millions of a kind can
`quicken` it. Type checkers see ordinary
frozen, keyword-capable dataclasses through `dataclass_transform`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, ClassVar, Self, dataclass_transform
else:

    def dataclass_transform(**_options):
        return lambda cls: cls


def _construct(self: Any, *args: Any, **kwargs: Any) -> None:
    """The __init__ of every record."""
    cls = self.__class__
    if kwargs or len(args) != len(cls._fields):
        args = _complete(cls, args, kwargs)
    for put, value in zip(cls._setters, args):
        put(self, value)


@dataclass_transform(frozen_default=True, eq_default=True)
class RecordType(type):
    """Turns the annotations of a class body into slots, and their assigned values into defaults."""

    def __new__(mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> Any:
        own = [field for field in namespace.get("__annotations__", {}) if not field.startswith("_")]
        defaults: dict[str, Any] = {}
        inherited: list[str] = []
        for base in bases:
            inherited.extend(getattr(base, "_fields", ()))
            defaults.update(getattr(base, "_defaults", {}))
        for field in own:
            if field in namespace:
                defaults[field] = namespace.pop(field)
        namespace["__slots__"] = tuple(own)
        namespace.setdefault("__init__", _construct)  # each has its own, which `quicken` may replace
        namespace["_fields"] = tuple(inherited + own)
        namespace["_defaults"] = defaults
        cls = super().__new__(mcls, name, bases, namespace)
        cls._setters = tuple(getattr(cls, field).__set__ for field in cls._fields)  # type: ignore[attr-defined]
        return cls


class Record(metaclass=RecordType):
    """An immutable value with named fields; equal and hashable by type and field values.

    Fields are the annotations of the subclass, in order, after those of its base; a field with a value has a default.
    Raises TypeError on a missing, repeated or unknown argument, AttributeError on assignment.
    """

    _fields: ClassVar[tuple[str, ...]]
    _defaults: ClassVar[dict[str, Any]]
    _setters: ClassVar[tuple[Callable[[Any, Any], None], ...]]

    if not TYPE_CHECKING:  # checkers derive the signature of __init__ from the fields

        def __setattr__(self, name, *value):
            raise AttributeError(f"{type(self).__name__}.{name} cannot be assigned: records are immutable")

        __delattr__ = __setattr__

    def values(self) -> tuple[Any, ...]:
        """The field values in declaration order."""
        return tuple([getattr(self, field) for field in self._fields])

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed; TypeError on a field that does not exist."""
        return type(self)(**{**dict(zip(self._fields, self.values())), **changes})

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.values() == other.values()

    def __hash__(self) -> int:
        return hash((type(self).__name__, self.values()))

    def __repr__(self) -> str:
        shown = ", ".join(f"{field}={getattr(self, field)!r}" for field in self._fields)
        return f"{type(self).__name__}({shown})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.values()


def quicken(*classes: type[Record]) -> None:
    """Give classes a constructor generated for their fields: a third of a millisecond each, then two to four times as fast.

    Nothing else changes, but for the words of the TypeError.
    """
    for cls in classes:
        if cls.__init__ is not _construct:
            continue  # it has one of its own already
        # While it is made it is of a twin type, whose fields are assigned in the ordinary way.
        free = {"__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
        names: dict[str, Any] = {"_cls": cls, "_twin": RecordType(cls.__name__, (cls,), free), "_become": _become}
        names |= {f"_default_{field}": value for field, value in cls._defaults.items()}
        signature = [f"{field}=_default_{field}" if field in cls._defaults else field for field in cls._fields]
        body = [f"    self.{field} = {field}" for field in cls._fields]
        if body:
            body = ["    _become(self, _twin)", *body, "    _become(self, _cls)"]
        exec("\n".join([f"def __init__({', '.join(['self', *signature])}):", *(body or ["    pass"])]), names)
        cls.__init__ = names["__init__"]  # type: ignore[method-assign]


_become = object.__dict__["__class__"].__set__


def _complete(cls: type[Record], args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """The full argument list, defaults filled in, or TypeError."""
    fields, defaults = cls._fields, cls._defaults
    if len(args) > len(fields):
        raise TypeError(f"{cls.__name__} takes {len(fields)} arguments, {len(args)} given")
    values = list(args)
    for field in fields[len(args) :]:
        if field in kwargs:
            values.append(kwargs.pop(field))
        elif field in defaults:
            values.append(defaults[field])
        else:
            raise TypeError(f"{cls.__name__} needs a value for {field}")
    if kwargs:
        raise TypeError(f"{cls.__name__} has no field or repeats {', '.join(sorted(kwargs))}")
    return tuple(values)
