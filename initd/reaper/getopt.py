"""getopt_long(3) as the inits we stand in for use it, with glibc's words for what is wrong (getopt(3))."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Caller:
    """How a program was called: by which name, with which words, in which environment, as which process.

    `describe` is strsignal(3).
    """

    __slots__ = ("describe", "environ", "name", "pid", "words")

    def __init__(
        self, name: str, words: Sequence[str], environ: dict[bytes, bytes], pid: int, describe: Callable[[int], str | None]
    ) -> None:
        self.name, self.words, self.environ, self.pid, self.describe = name, words, environ, pid, describe


class Ends(Exception):
    """The call is no run: `out` and `err` are written, `code` is the exit status."""

    def __init__(self, code: int, out: str = "", err: str = "") -> None:
        self.code, self.out, self.err = code, out, err


def scan(
    caller: Caller, short: str, long: dict[str, str], permute: bool, usage: str = ""
) -> tuple[list[tuple[str, str]], list[str]]:
    """The options as (letter, value), and the other words.

    `short` is getopt's string of letters, a colon after those with a value; `long` gives the letter of a long name.
    With `permute` options are also found behind the first other word, up to `--`, unless POSIXLY_CORRECT is set. Raises
    Ends with code 1 and `usage`.
    """
    found: list[tuple[str, str]] = []
    others: list[str] = []
    rest = list(caller.words)

    def wrong(text: str) -> Ends:
        return Ends(1, err=f"{caller.name}: {text}\n{usage}")

    while rest:
        word = rest.pop(0)
        if word == "--":
            break
        if word.startswith("--") and long:
            name, equals, value = word[2:].partition("=")
            letter = _long(name, long)
            if letter is None:
                raise wrong(f"unrecognized option '--{name}'")
            full = next(one for one in long if long[one] == letter)
            if f"{letter}:" not in short and equals:
                raise wrong(f"option '--{full}' doesn't allow an argument")
            if f"{letter}:" in short and not equals:
                if not rest:
                    raise wrong(f"option '--{full}' requires an argument")
                value = rest.pop(0)
            found.append((letter, value))
        elif word.startswith("-") and word != "-":
            letters = word[1:]
            while letters:
                letter, letters = letters[0], letters[1:]
                if letter not in short or letter == ":":
                    raise wrong(f"invalid option -- '{letter}'")
                value = ""
                if f"{letter}:" in short:
                    if not letters and not rest:
                        raise wrong(f"option requires an argument -- '{letter}'")
                    value, letters = letters or rest.pop(0), ""
                found.append((letter, value))
        else:
            others.append(word)
            if not permute or b"POSIXLY_CORRECT" in caller.environ:
                break
    return found, others + rest


def _long(name: str, long: dict[str, str]) -> str | None:
    """The letter of a long option, which may be shortened as long as it is only one."""
    if name in long:
        return long[name]
    letters = {letter for full, letter in long.items() if full.startswith(name)}
    return letters.pop() if len(letters) == 1 else None
