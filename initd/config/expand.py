"""`%` expansion of values: printf-style, by name (supervisord-4.3 §1.3). Which names exist where, the builders know."""

from __future__ import annotations

from initd.config.values import BadValue, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_PERCENT = "a literal percent sign is written %%"


def expand(text: str, names: Mapping[str, object], label: str) -> str:
    """The text with `%(name)s` and its kin replaced; BadValue, in which the option is called `label`."""
    if "%" not in text:
        return text
    try:
        return text % names
    except KeyError as error:
        missing = error.args[0] if error.args else ""
        near = nearest(str(missing), names)
        raise BadValue(
            f"Format string {text!r} for {label!r} contains names ({error}) which cannot be expanded. "
            f"Available names: {', '.join(sorted(names))}",
            (f"the nearest name is {near}; " if near else "") + _PERCENT,
        ) from None
    except Exception as error:  # whatever the % operator says about the text is the message
        raise BadValue(
            f"Format string {text!r} for {label!r} is badly formatted: {error}",
            f"expected %(name)s; {_PERCENT}",
        ) from None
