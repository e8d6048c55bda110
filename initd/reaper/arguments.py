"""The options of `initd [options] -- CMD ARG…`: what each does to the plan of a run.

One table; the help text is made of it, and docs/init.md is compared with it.
"""

from __future__ import annotations

from initd.errors import ConfigError
from initd.reaper.numbers import code_of, pair_of, signal_of, time_of
from initd.reaper.options import Options
from initd.signals import SIGCHLD, SIGKILL, SIGSTOP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

UNTOUCHABLE = (SIGKILL, SIGSTOP, SIGCHLD)
"""Signals that are never forwarded: two reach nobody but the kernel, the third is about our own children."""
TARGETS = ("child", "group", "session")


class Option:
    """One option: `short` letter or empty, `long` name, `value` as the help shows it or empty, `text` for the help."""

    __slots__ = ("act", "long", "short", "text", "value")

    def __init__(self, short: str, long: str, value: str, act: Callable[[Options, str, str], None], text: str) -> None:
        self.short, self.long, self.value, self.act, self.text = short, long, value, act, text


def _target(options: Options, word: str, name: str) -> None:
    if word not in TARGETS:
        raise ConfigError(f"{name}: expected child, group or session, not {word!r}")
    options.target = word
    if word == "session":
        options.place = "session"


def _rewrite(options: Options, word: str, name: str) -> None:
    old, new = pair_of(word, name)
    options.rewrites[_forwarded(old, name)] = 0 if new == "0" else signal_of(new, name)


def _drop(options: Options, word: str, name: str) -> None:
    for one in word.split(","):
        options.rewrites[_forwarded(one, name)] = 0


def _delay(options: Options, word: str, name: str) -> None:
    signal, seconds = pair_of(word, name)
    options.delays[_forwarded(signal, name)] = time_of(seconds, name)


def _forwarded(word: str, name: str) -> int:
    number = signal_of(word, name)
    if number in UNTOUCHABLE:
        raise ConfigError(f"{name}: {word} is never forwarded")
    return number


def _code(options: Options, word: str, name: str) -> None:
    old, _, new = word.partition(":")
    options.codes[code_of(old, name)] = code_of(new or "0", name)


def _parent_death(options: Options, word: str, name: str) -> None:
    options.parent_death = signal_of(word, name)


def _set(field: str, value: object) -> Callable[[Options, str, str], None]:
    return lambda options, word, name: setattr(options, field, value)


def _time(field: str) -> Callable[[Options, str, str], None]:
    return lambda options, word, name: setattr(options, field, time_of(word, name))


def _louder(options: Options, word: str, name: str) -> None:
    options.verbose += 1


TABLE = (
    Option("g", "group", "", lambda options, word, name: _target(options, "group", name), "signal the whole group of CMD"),
    Option("t", "target", "WHO", _target, "whom to signal: child (default), group, or session, which CMD then starts"),
    Option("r", "rewrite", "SIG:SIG", _rewrite, "pass the first signal on as the second; 0 drops it"),
    Option("", "drop", "SIG,…", _drop, "do not pass these signals on"),
    Option("", "delay", "SIG:SECONDS", _delay, "keep a signal back that long; a second one lets it through at once"),
    Option("e", "exit-code", "CODE[:CODE]", _code, "exit with the second (0) where CMD's status is the first"),
    Option("", "setsid", "", _set("place", "session"), "start CMD in a session of its own, with the terminal if there is one"),
    Option("", "no-setpgid", "", _set("place", "none"), "leave CMD in our own process group"),
    Option("", "grace", "SECONDS", _time("grace_ns"), "time from SIGTERM to SIGKILL for who is left when CMD has ended (2)"),
    Option("", "deadline", "SECONDS", _time("deadline_ns"), "no grace beyond so long after the first stop signal (9)"),
    Option("", "kill-after", "SECONDS", _time("kill_after_ns"), "SIGKILL for CMD so long after the first stop signal (never)"),
    Option("", "keep-leftovers", "", _set("grace_ns", None), "exit as soon as CMD has ended"),
    Option("s", "subreaper", "", _set("subreaper", True), "adopt orphans even if not PID 1 (the default)"),
    Option("", "no-subreaper", "", _set("subreaper", False), "leave orphans to the init above us"),
    Option("p", "parent-death", "SIG", _parent_death, "take this signal when the process that started us ends"),
    Option("w", "warn-on-reap", "", _set("warn_on_reap", True), "name each orphan that is reaped"),
    Option("h", "help", "", _set("wants", "help"), "print this"),
    Option("", "version", "", _set("wants", "version"), "print the version"),
    Option("v", "verbose", "", _louder, "say how CMD ended; twice: every signal too"),
)


def parse(words: Sequence[str]) -> Options:
    """The plan of a run; the command is what follows `--`. Raises ConfigError."""
    options = Options()
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            options.command = tuple(rest)
            break
        if word.startswith("--"):
            _long(options, word, rest)
        elif word.startswith("-") and len(word) > 1:
            _short(options, word[1:], rest)
        else:
            raise ConfigError(f"{word!r} before --", hint="expected: initd [options] -- COMMAND [ARGUMENT...]")
    if options.wants:
        return options
    if not options.command or not options.command[0]:
        raise ConfigError("no command", hint="expected: initd [options] -- COMMAND [ARGUMENT...]")
    if options.target == "group" and options.place == "none":
        raise ConfigError("--group and --no-setpgid exclude each other: our own group has us in it")
    if options.verbose or options.warn_on_reap:
        from initd.reaper.remarks import native

        options.remark = native(options.verbose, options.warn_on_reap)
    return options


def _long(options: Options, word: str, rest: list[str]) -> None:
    name, equals, value = word.partition("=")
    found = next((one for one in TABLE if one.long == name[2:]), None)
    if found is None:
        raise ConfigError(f"unknown option {name}", hint=_nearest(name[2:]))
    if equals and not found.value:
        raise ConfigError(f"{name} takes no value")
    found.act(options, value if equals else _value(found, name, rest), name)


def _short(options: Options, letters: str, rest: list[str]) -> None:
    while letters:
        letter, letters = letters[0], letters[1:]
        found = next((one for one in TABLE if one.short == letter), None)
        if found is None:
            raise ConfigError(f"unknown option -{letter}", hint="initd --help -- lists them")
        if found.value and letters:
            rest.insert(0, letters)
            letters = ""
        found.act(options, _value(found, f"-{letter}", rest), f"-{letter}")


def _value(option: Option, name: str, rest: list[str]) -> str:
    if not option.value:
        return ""
    if not rest or rest[0] == "--":
        raise ConfigError(f"{name} needs a value", hint=f"expected {name} {option.value}")
    return rest.pop(0)


def _nearest(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, [one.long for one in TABLE], 1)
    return f"the nearest option is --{near[0]}" if near else "initd --help -- lists them"


def help_text() -> str:
    """What `initd --help -- ` prints."""
    lines = ["usage: initd [options] -- COMMAND [ARGUMENT...]", "", "Run COMMAND as the init of a container: docs/init.md.", ""]
    for option in TABLE:
        short = f"-{option.short}," if option.short else "   "
        value = f" {option.value}" if option.value else ""
        left = f"  {short} --{option.long}{value}"
        lines.append(f"{left:<32}{option.text}")
    return "\n".join(lines) + "\n"
