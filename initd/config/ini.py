"""The file grammar: RawConfigParser's, non-strict, with `;` and `#` as comment marks (supervisord-4.3 §1.2).

Only the grammar belongs here: lines to sections of entries, each with the place it was written. What the names mean,
and `%` expansion, are other modules' matter. Held against the stdlib's configparser by a property test.
"""

from __future__ import annotations

from initd.config.model import Origin
from initd.errors import ConfigError
from initd.record import Record

DEFAULT = "DEFAULT"
"""The section whose keys appear in every other one."""
HERE = "%(here)s"


class Entry(Record):
    """One value as written, continuation lines joined by newlines; `inherited` if it comes from [DEFAULT]."""

    text: str
    origin: Origin
    inherited: bool = False


class Duplicate(Record):
    """A section (`key` None) or a key that was written again; the later one counts."""

    section: str
    key: str | None
    earlier: Origin
    later: Origin


class Continued(Record):
    """A line that looks like an option or a section, and goes on with the value of the option above since it is indented."""

    section: str
    key: str
    text: str
    origin: Origin


class Cut(Record):
    """A comment mark inside of a quotation: it is a comment all the same, and `lost` is not in the value."""

    section: str
    key: str
    lost: str
    origin: Origin


class Ini:
    """The merged sections of one or more files, in order of first appearance."""

    __slots__ = ("_sections", "continued", "cuts", "defaults", "duplicates", "headers")

    def __init__(self) -> None:
        self._sections: dict[str, dict[str, Entry]] = {}
        self.defaults: dict[str, Entry] = {}
        self.headers: dict[str, Origin] = {}
        self.duplicates: list[Duplicate] = []
        self.continued: list[Continued] = []
        self.cuts: list[Cut] = []

    def read(self, text: str, source: str) -> None:
        """Merge the text of one more file, called `source` in messages; ConfigError if it does not parse."""
        _Reader(self, source).read(text)

    def section(self, name: str) -> dict[str, Entry]:
        """The entries of a section itself, created when missing; [DEFAULT] is a section here."""
        return self.defaults if name == DEFAULT else self._sections.setdefault(name, {})

    def sections(self) -> list[str]:
        """The section names but [DEFAULT], in order of first appearance."""
        return list(self._sections)

    def has_section(self, name: str) -> bool:
        """Whether the section was written; never true of [DEFAULT]."""
        return name in self._sections

    def get(self, section: str, key: str) -> Entry | None:
        """The value of a key in a section or else in [DEFAULT]."""
        own = self._sections.get(section)
        entry = own.get(key) if own is not None else None
        return entry if entry is not None else self.defaults.get(key)

    def items(self, section: str) -> dict[str, Entry]:
        """Every entry of a section, those of [DEFAULT] included."""
        return {**self.defaults, **self._sections.get(section, {})}

    def replace_here(self, directory: str) -> None:
        """Write a directory in place of every `%(here)s` read so far, as an [include] does (§1.3)."""
        for name, own in self._sections.items():
            for key, entry in self.items(name).items():
                if HERE in entry.text:
                    own[key] = entry.replace(text=entry.text.replace(HERE, directory))


class _Reader:
    """The state of reading one file: the open section, the open option, its indent and its lines."""

    __slots__ = ("_comments", "_entries", "_ini", "_key", "_line", "_name", "_parts", "_source", "_wrong")

    def __init__(self, ini: Ini, source: str) -> None:
        self._ini, self._source = ini, source
        self._name: str | None = None
        self._entries: dict[str, Entry] = {}
        self._key = ""
        self._parts: list[str] = []
        self._line = 0
        self._wrong: list[tuple[int, str]] = []
        self._comments: list[tuple[int, int, str]] = []
        """Inline comments of the open option: the line, how many parts there were, what the line was."""

    def read(self, text: str) -> None:
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        lines = text.split("\n")
        indent = 0
        for number, line in enumerate(lines, start=1):
            content, commented = _content(line)
            if not content:
                if self._key and not commented:
                    self._parts.append("")
                continue
            depth = len(line) - len(line.lstrip())
            if self._key and depth > indent:
                self._continue(number, content)
            else:
                indent = depth
                self._open(number, line + "\n" if number < len(lines) else line, content)
            if commented and self._key:
                self._comments.append((number, len(self._parts), line))
        self._close()
        if self._wrong:
            raise self._parsing_error()

    def _open(self, number: int, raw: str, content: str) -> None:
        """A line that is no continuation: a section header, an option, or wrong."""
        name = header_of(content)
        if name is not None:
            self._header(name, number)
        elif self._name is None:
            raise ConfigError(
                f"File contains no section headers.\nfile: {self._source!r}, line: {number}\n{raw!r}",
                self._source,
                number,
                hint="the file begins with a byte order mark: save it without one"
                if content[0] == "\ufeff"
                else "expected a [section] header before this line",
            )
        else:
            delimiter = _delimiter(content)
            if delimiter <= 0:
                self._wrong.append((number, raw))
            if delimiter >= 0:  # without one, the option above stays open
                self._option(content[:delimiter].rstrip().lower(), content[delimiter + 1 :].strip(), number)

    def _header(self, name: str, number: int) -> None:
        self._close()
        origin = Origin(self._source, number)
        earlier = self._ini.headers.setdefault(name, origin)
        if earlier is not origin:
            self._ini.duplicates.append(Duplicate(name, None, earlier, origin))
        self._name, self._entries = name, self._ini.section(name)

    def _option(self, key: str, text: str, number: int) -> None:
        self._close()
        self._key, self._parts, self._line = key, [text], number

    def _continue(self, number: int, content: str) -> None:
        """A line that goes on with the open option."""
        self._parts.append(content)
        if content[0] == "[" or _delimiter(content) > 0:
            assert self._name is not None
            found = Continued(self._name, self._key, content, Origin(self._source, number))
            self._ini.continued.append(found)

    def _close(self) -> None:
        """The open option is complete."""
        if self._key:
            assert self._name is not None
            if self._comments:
                self._find_cuts(self._name)
            entry = Entry("\n".join(self._parts).rstrip(), Origin(self._source, self._line), self._name == DEFAULT)
            earlier = self._entries.get(self._key)
            if earlier is not None and not (earlier.inherited and self._name != DEFAULT):
                self._ini.duplicates.append(Duplicate(self._name, self._key, earlier.origin, entry.origin))
            self._entries[self._key] = entry
        self._key = ""

    def _find_cuts(self, name: str) -> None:
        """Note the comments that began inside of a quotation that was meant to end behind them."""
        for number, count, line in self._comments:
            quote = _open_quote("\n".join(self._parts[:count]))
            lost = line[inline_comment(line) :]
            if quote and (quote in lost or any(quote in part for part in self._parts[count:])):
                self._ini.cuts.append(Cut(name, self._key, lost.rstrip(), Origin(self._source, number)))
        self._comments.clear()

    def _parsing_error(self) -> ConfigError:
        lines = "".join(f"\n\t[line {number:2d}]: {raw!r}" for number, raw in self._wrong)
        return ConfigError(
            f"Source contains parsing errors: {self._source!r}{lines}",
            self._source,
            self._wrong[0][0],
            hint="expected `key = value`, a [section] header, or an indented continuation of the line above",
        )


def content_of(line: str) -> str:
    """A line without its comment and outer blanks."""
    return _content(line)[0]


def header_of(content: str) -> str | None:
    """The section that a line's content begins, or None if it is no header."""
    closing = content.rfind("]")
    return content[1:closing] if content[:1] == "[" and closing > 1 else None


def _content(line: str) -> tuple[str, bool]:
    """A line without its comment and outer blanks, and whether there was a comment."""
    stripped = line.strip()
    if not stripped or stripped[0] in "#;":
        return "", bool(stripped)
    start = inline_comment(line) if ";" in line or "#" in line else -1
    return (stripped, False) if start < 0 else (line[:start].strip(), True)


def inline_comment(line: str) -> int:
    """Where a comment mark that follows a blank stands, or -1.

    Both marks are looked for in step, n-th `;` beside n-th `#`, as the stdlib did up to Python 3.12; so in `a;b ;c #d`
    only `#d` is the comment.
    """
    found = {";": -1, "#": -1}
    while found:
        starts = []
        for mark, at in list(found.items()):
            at = line.find(mark, at + 1)
            if at < 0:
                del found[mark]
                continue
            found[mark] = at
            if at == 0 or line[at - 1].isspace():
                starts.append(at)
        if starts:
            return min(starts)
    return -1


def _open_quote(text: str) -> str:
    """The quotation mark that is open at the end of a text, or the empty string."""
    quote = ""
    for character in text:
        if not quote and character in "'\"":
            quote = character
        elif character == quote:
            quote = ""
    return quote


def _delimiter(content: str) -> int:
    """Where the first `=` or `:` stands, or -1."""
    places = [at for at in (content.find("="), content.find(":")) if at >= 0]
    return min(places, default=-1)
