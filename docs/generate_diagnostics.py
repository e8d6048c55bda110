"""Writes docs/diagnostics.md from the codes of the diagnostics and from their examples: `python docs/generate_diagnostics.py`."""

from __future__ import annotations

from pathlib import Path

from initd.check import check
from initd.config.codes import CODES, MAIN, Code
from initd.config.host import Host

TARGET = Path(__file__).with_name("diagnostics.md")
INTRODUCTION = """\
# What `initd check` says

Generated from `initd/config/codes.py`.

    initd check [--strict] [--json] [--color auto|always|never] [FILE...]

tells everything that is wrong with configuration files, as many errors as can be found in one go included; without FILE, with
the one that `initd` would read. It starts nothing, opens no log and writes no file. The exit status is 0 if there is no error,
1 if there are warnings and `--strict` is given, 2 if there is an error. A file has an error exactly if `initd -c FILE` refuses
it; it is judged as if root were to start it. The daemon writes the same warnings into its log, at its start and, those that are
new, after a `reread`.

## For editors and CI

`--json` prints one object; fields may be added to it, none is renamed or removed within `version` 1:

| field | |
|---|---|
| `version` | 1 |
| `files` | the files as they were named |
| `errors`, `warnings` | how many there are of each |
| `diagnostics` | a list, in the order of reading |

and each diagnostic has, `null` where it is not known:

| field | |
|---|---|
| `file`, `line`, `column` | where it is; the first line and column are 1 |
| `section`, `key` | what it is about, as written between the brackets and before the `=`, the key in small letters |
| `severity` | `error` or `warning` |
| `code` | one of those below; they stay as they are |
| `message` | a sentence for people; it may change |
| `suggestion` | what to write instead |
| `related` | other places, each with `file`, `line` and `message` |

For people each is one line, `FILE:LINE:COLUMN: SEVERITY: MESSAGE [CODE]`, as compilers have it, its related places
indented below.
"""


class ExampleFiles:
    """The files of an example, in a directory that holds nothing else."""

    def __init__(self, files: dict[str, str | None]) -> None:
        self._files = {f"/etc/{name}": text for name, text in files.items()}

    def read_file(self, path: str) -> bytes:
        if path not in self._files:
            raise FileNotFoundError(2, "No such file or directory")
        text = self._files[path]
        if text is None:
            raise PermissionError(13, "Permission denied")
        return text.encode(errors="surrogateescape")

    def glob(self, pattern: str) -> list[str]:
        return [pattern] if pattern in self._files else []

    def stat(self, path: str) -> tuple[int, int]:
        if path in self._files:
            return 0o100644, 0
        if path in ("/", "/etc", "/etc/", "/run", "/tmp"):
            return 0o040755, 0
        raise FileNotFoundError(2, "No such file or directory")

    def user(self, name_or_uid: str) -> tuple[str, int, int, str] | None:
        users = (("root", 0, 0, "/root"), ("nobody", 65534, 65534, "/"))
        return next((user for user in users if name_or_uid in (user[0], str(user[1]))), None)

    def group(self, name_or_gid: str) -> tuple[str, int] | None:
        return None


def example_host(code: Code) -> Host:
    """A host with the files of an example and no environment."""
    main = {} if code.example is None else {MAIN: code.example}
    return Host({}, "/etc", "box", "/tmp", "initd", ExampleFiles({**main, **dict(code.files)}))


def _section(name: str, code: Code) -> list[str]:
    lines = [f"### {name}", "", code.meaning, ""]
    if code.example:
        more = "".join(f"\n; {file}\n{text}" for file, text in code.files if text is not None)
        text = (code.example + more).encode(errors="surrogateescape").decode(errors="backslashreplace")
        lines += ["```ini", text.rstrip(), "```", ""]
    if code.example != "":
        told = check([MAIN], example_host(code), False)[1].splitlines()[:-1]
        lines += ["```text", *told, "```", ""]
    return lines


def render() -> str:
    """The whole page."""
    lines = [INTRODUCTION]
    for severity, title in (("error", "## Errors"), ("warning", "## Warnings")):
        lines += [title, ""]
        for name, code in CODES.items():
            if code.severity == severity:
                lines += _section(name, code)
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
