"""One parser a type: the text of an option to its value (supervisord-4.3 §1.5). Pure; types that need
the file system or the user database are in `paths` and `users`, `environment=` is in `environment`.

Every parser raises BadValue with supervisord's own text, plus a hint that says what would be right.
"""

from __future__ import annotations

from initd.config.model import Autorestart
from initd.signals import signal_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

TRUE_WORDS = ("yes", "true", "on", "1")
FALSE_WORDS = ("no", "false", "off", "0")
LOG_LEVELS = ("critical", "error", "warn", "info", "debug", "trace", "blather")
_SUFFIXES = {"kb": 1024, "mb": 1024**2, "gb": 1024**3}


class BadValue(ValueError):
    """A text that is no value of its type; `hint` says what would be."""

    def __init__(self, text: str, hint: str = "") -> None:
        super().__init__(text)
        self.text, self.hint = text, hint


def nearest(word: str, candidates: Iterable[str]) -> str:
    """The candidate most like the word, or the empty string if none is like it."""
    from difflib import get_close_matches  # only paid for when something is wrong already

    return next(iter(get_close_matches(word, list(candidates), 1)), "")


def boolean(text: str) -> bool:
    """A yes or no word, in any case; not trimmed."""
    word = text.lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise BadValue(f"not a valid boolean value: {text!r}", "expected true or false")


def integer(text: str) -> int:
    """A whole number as Python's int() reads it."""
    try:
        return int(text)
    except ValueError as error:
        raise BadValue(str(error), "expected a whole number") from None


def octal(text: str) -> int:
    """A number to the base 8, `0o` allowed."""
    try:
        return int(text, 8)
    except ValueError:
        raise BadValue(f"{text} can not be converted to an octal type", "expected octal digits, such as 022") from None


def byte_size(text: str) -> int:
    """Bytes, or a number with KB, MB or GB (1024-based), in any case."""
    text = text.lower()
    multiple = _SUFFIXES.get(text[-2:])
    try:
        return int(text) if multiple is None else int(text[:-2]) * multiple
    except ValueError as error:
        raise BadValue(str(error), "expected a whole number of bytes, or one with KB, MB or GB") from None


def signal(text: str) -> int:
    """A signal by number or name."""
    number = signal_number(text)
    if number is not None:
        return number
    try:
        int(text)
    except ValueError:
        raise BadValue(f"value {text!r} is not a valid signal name", "expected a name such as TERM") from None
    raise BadValue(f"value {text!r} is not a valid signal number", "expected one that has a name, such as 15")


def exit_codes(text: str) -> tuple[int, ...]:
    """Numbers from 0 to 255, by commas; the empty text is none."""
    try:
        codes = tuple(int(part) for part in text.split(",")) if text else ()
    except ValueError:
        codes = (-1,)
    if all(0 <= code <= 255 for code in codes):
        return codes
    raise BadValue(f"not a valid list of exit codes: {text!r}", "expected numbers from 0 to 255, separated by commas")


def strings(text: str) -> tuple[str, ...]:
    """Words by commas, each trimmed; a trailing comma makes an empty one."""
    return tuple(part.strip() for part in text.split(",")) if text else ()


def autorestart(text: str) -> Autorestart:
    """A yes or no word or `unexpected`, in any case."""
    word = text.lower()
    if word in TRUE_WORDS:
        return Autorestart.ALWAYS
    if word in FALSE_WORDS:
        return Autorestart.NEVER
    if word == "unexpected":
        return Autorestart.UNEXPECTED
    raise BadValue(f"invalid 'autorestart' value {word!r}", "expected true, false or unexpected")


def consequence(text: str) -> bool:
    """Whether an end shuts everything down: `none` or `shutdown`, in any case."""
    return _one_of(("none", "shutdown"), text, "consequence") == "shutdown"


def line_format(text: str) -> str:
    """What lines of a program look like in its log."""
    return _one_of(("raw", "prefix", "json"), text, "format of lines")


def log_format(text: str) -> str:
    """What lines of the main log look like."""
    return _one_of(("text", "json"), text, "format of the main log")


def timestamp(text: str) -> str:
    """Which time stands before a line: `utc`, `local` or `none`; a yes or no word is the first or the last of them."""
    word = text.lower()
    if word in TRUE_WORDS:
        return "utc"
    return "none" if word in FALSE_WORDS else _one_of(("utc", "local", "none", "true", "false"), text, "timestamp")


def _one_of(words: tuple[str, ...], text: str, what: str) -> str:
    """That one of the words, in any case."""
    word = text.lower()
    if word in words:
        return word
    near = nearest(word, words)
    expected = f"expected {', '.join(words[:-1])} or {words[-1]}"
    raise BadValue(f"not a valid {what}: {text!r}", f"the nearest is {near}" if near else expected)


def log_level(text: str) -> str:
    """The name of a log level, lower-cased."""
    word = text.lower()
    if word in LOG_LEVELS:
        return word
    near = nearest(word, LOG_LEVELS)
    hint = f"the nearest is {near}" if near else f"expected one of {', '.join(LOG_LEVELS)}"
    raise BadValue(f"bad logging level name {text!r}", hint)


def name(text: str) -> str:
    """The name of a process or group, trimmed."""
    trimmed = text.strip()
    for character in " :/":
        if character in trimmed:
            raise BadValue(
                f"Invalid name: {text!r} because of character: {character!r}", "a name has no blank, colon or slash"
            )
    return trimmed


def port_number(text: str) -> int:
    """A TCP port, 1 to 65535."""
    number = integer(text)
    if number < 1:
        raise BadValue(f"{number!r} is below lower bound (1)", "expected a port from 1 to 65535")
    if number > 65535:
        raise BadValue(f"{number!r} is above upper bound (65535)", "expected a port from 1 to 65535")
    return number


def inet_address(text: str) -> tuple[str, int]:
    """(host, port) of `port`, `:port`, `*:port` or `host:port`; host "" is every address."""
    if ":" not in text:
        try:
            return "", port_number(text)
        except BadValue as error:
            raise BadValue(f"not a valid port number: {text!r} ", error.hint) from None
    host, text = text.rsplit(":", 1)
    if not text:
        raise BadValue(f"no port number specified in {text!r}", "expected host:port or port")
    port = port_number(text)
    host = host.lower()
    return ("" if host == "*" else host), port
