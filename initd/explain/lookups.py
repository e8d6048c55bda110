"""Looking up, off the loop, why a file is not found, not entered or not executed (path_resolution(7), execve(2))."""

from __future__ import annotations

from initd.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from initd.kernel.port import Files

S_IFMT, S_IFDIR, S_IFLNK = 0o170000, 0o040000, 0o120000
EXECUTE, WRITE = 1, 2
ELSEWHERE = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/games", "/opt/bin")
"""Where commands are that a PATH has forgotten."""
BUILTINS = frozenset({"cd", "export", "source", "exec", "ulimit", ".", "set", "eval", "unset", "alias", "umask", "if", "for"})
NEAR = 3
"""So many near misses are named."""


class Search(Record):
    """A command that was looked for: where, what is named like it there, and where else it is."""

    word: str
    searched: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    elsewhere: str = ""


class Who(Record):
    """Who wants to do something: `name` is for people."""

    name: str
    uid: int
    groups: tuple[int, ...] = ()


def search(files: Files, word: str, path: str, directory: str | None) -> Search:
    """Look for a command that is in none of the directories of `path`, or for a file that is not there."""
    if "/" in word:
        inside = f"{directory}/{word}" if directory and not word.startswith("/") else ""
        folder, _, name = word.rpartition("/")
        near = _like(files, name, [folder or "/"]) if word.startswith("/") else ()
        return Search(word, (), near, inside if inside and _is_there(files, inside) else "")
    searched = tuple(dict.fromkeys(entry or "." for entry in path.split(":")))
    where = [*([directory] if directory else []), *(folder for folder in ELSEWHERE if folder not in searched)]
    elsewhere = next((f"{folder}/{word}" for folder in where if _is_there(files, f"{folder}/{word}")), "")
    return Search(word, searched, _like(files, word, searched), elsewhere)


def _is_there(files: Files, path: str) -> bool:
    try:
        return files.stat(path)[0] & S_IFMT != S_IFDIR
    except OSError:
        return False


def _like(files: Files, word: str, folders: Sequence[str]) -> tuple[str, ...]:
    from difflib import get_close_matches

    names: dict[str, str] = {}
    for folder in folders:
        try:
            found = files.listdir(folder)
        except OSError:
            continue
        for name in found:
            names.setdefault(name, f"{folder.rstrip('/')}/{name}")
    versions = [name for name in names if name.startswith(word) and name[len(word) :].strip("0123456789.-") == ""]
    near = [*sorted(versions, reverse=True), *get_close_matches(word, names, NEAR, 0.75)]
    return tuple(names[name] for name in list(dict.fromkeys(near))[:NEAR])


def who(files: Files, uid: int | None) -> Who:
    """The user a child becomes; with None, whoever the daemon is."""
    if uid is None:
        try:
            uid = files.owner("/proc/self")[1]
        except OSError:
            uid = 0
    found = files.user(str(uid))
    if found is None:
        return Who(f"uid {uid}", uid)
    return Who(found[0], uid, files.groups_of(found[0], found[2]))


def obstacle(files: Files, path: str, user: Who, need: int) -> str:
    """The first component on the way to a path that stops that user, and how; "" if none does.

    Access lists and security modules are not asked.
    """
    whole = path.rstrip("/") or "/"
    for place in _ancestors(whole):
        try:
            mode, uid, gid = files.owner(place)
        except FileNotFoundError:
            return f"{place} does not exist"
        except OSError as error:
            return f"{place}: {error.strerror}"
        if place == whole:
            if not _may(mode, uid, gid, user, need):
                return f"{place} is {_shown(files, mode, uid, gid)}: {user.name} may not {_DOING[need]} it"
        elif mode & S_IFMT != S_IFDIR:
            return f"{place} is no directory"
        elif not _may(mode, uid, gid, user, EXECUTE):
            return f"{place} is {_shown(files, mode, uid, gid)}: {user.name} may not enter it"
    return _mounted_noexec(files, whole) if need == EXECUTE else ""


_DOING = {EXECUTE: "execute", WRITE: "write to"}


def _ancestors(path: str) -> Iterator[str]:
    if not path.startswith("/"):
        yield path
        return
    yield "/"
    at = path.find("/", 1)
    while at > 0:
        yield path[:at]
        at = path.find("/", at + 1)
    if path != "/":
        yield path


def _may(mode: int, uid: int, gid: int, user: Who, bit: int) -> bool:
    if user.uid == 0:
        return bit != EXECUTE or mode & S_IFMT == S_IFDIR or bool(mode & 0o111)
    shift = 6 if uid == user.uid else 3 if gid in user.groups else 0
    return bool(mode >> shift & bit)


def _shown(files: Files, mode: int, uid: int, gid: int) -> str:
    """As ls(1) shows it: mode, owner and group."""
    bits = "".join(letter if mode >> (8 - at) & 1 else "-" for at, letter in enumerate("rwxrwxrwx"))
    user, group = files.user(str(uid)), files.group(str(gid))
    kind = "d" if mode & S_IFMT == S_IFDIR else "-"
    return f"{kind}{bits} {user[0] if user else uid}:{group[0] if group else gid}"


def _mounted_noexec(files: Files, path: str) -> str:
    try:
        mounts = files.read_file("/proc/self/mounts").decode("utf-8", "replace")
    except OSError:
        return ""
    best, options = "", ""
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) > 3 and len(fields[1]) >= len(best) and (path + "/").startswith(fields[1].rstrip("/") + "/"):
            best, options = fields[1], fields[3]
    return f"{best} is mounted noexec" if "noexec" in options.split(",") else ""


def interpreter(files: Files, path: str) -> str:
    """The interpreter that a script names in its first line and that is not there, as written; "" if that is not it."""
    try:
        first = files.read_at(path, 0, 256).partition(b"\n")[0]
    except OSError:
        return ""
    if not first.startswith(b"#!"):
        return ""
    words = first[2:].decode("utf-8", "replace").split(None, 1)
    if not words:
        return "#!"
    shown = words[0].replace("\r", "\\r") if not first.endswith(b"\r") else words[0] + "\\r"
    return "" if _is_there(files, words[0]) and not first.endswith(b"\r") else shown
