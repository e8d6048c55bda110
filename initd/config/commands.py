"""What is surely wrong with a `command=`: no shell reads it, and what leaves for the background cannot be supervised (D22).

Imported only for a command that has marks of a shell in it, or names a program in the table below. Words are split as
shlex.split does; beside each is kept which of its characters were quoted. Cautious: who runs a shell, or hands its words
to one, is left alone.
"""

from __future__ import annotations

from posixpath import basename, join

from initd.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from initd.config.section import Section

_OPERATORS = (
    "&&",
    "||",
    "|",
    "&",
    ">",
    ">>",
    "<",
    "<<",
    "2>",
    "2>>",
    "2>&1",
    "&>",
    ">&2",
    "1>&2",
    ">/dev/null",
    "2>/dev/null",
)
_SHELLS = ("sh", "bash", "dash", "zsh", "ksh", "ash", "busybox", "fish", "su", "runuser", "script")
_TAKE_THEM = (
    "ssh",
    "autossh",
    "parallel",
    "watch",
    "expr",
    "test",
    "[",
    "find",
    "envsubst",
    "perl",
    "awk",
    "gawk",
    "xargs",
)
"""Programs to which the marks of a shell mean something of their own, or that hand them on to a shell."""
_BUILTINS = ("cd", "export", "source", "exec", "ulimit", ".", "set", "eval", "unset", "alias")
_SMART = "\u201c\u201d\u2018\u2019"

_GO_AWAY: dict[str, tuple[str, ...]] = {
    "redis-server": ("--daemonize yes",),
    "valkey-server": ("--daemonize yes",),
    "mongod": ("--fork",),
    "gunicorn": ("-D", "--daemon"),
    "uwsgi": ("-d", "--daemonize"),
    "celery": ("multi", "-D", "--detach"),
    "apachectl": ("start", "-k start"),
    "apache2ctl": ("start", "-k start"),
    "php-fpm": ("-D", "--daemonize"),
    "memcached": ("-d", "--daemon"),
    "haproxy": ("-D",),
    "unicorn": ("-D", "--daemonize"),
    "thin": ("-d", "--daemonize"),
    "mysqld": ("-D", "--daemonize"),
    "start-stop-daemon": ("-b", "--background"),
    "pg_ctl": ("start",),
    "service": ("start", "restart"),
    "systemctl": ("start", "restart"),
    "docker": ("run -d", "run --detach", "compose up -d"),
    "docker-compose": ("up -d",),
    "podman": ("run -d", "run --detach"),
}
"""What makes a program leave for the background."""
_STAY: dict[str, tuple[str, ...]] = {
    "nginx": ("-t", "-T", "-v", "-V", "-h", "-?", "-s"),
    "httpd": ("-DFOREGROUND", "-DNO_DETACH", "-X", "-D FOREGROUND", "-D NO_DETACH", "-t", "-v", "-V", "-M", "-S"),
    "apache2": ("-DFOREGROUND", "-DNO_DETACH", "-X", "-D FOREGROUND", "-D NO_DETACH", "-t", "-v", "-V", "-M", "-S"),
    "sshd": ("-D", "-d", "-t", "-T", "-i"),
    "cron": ("-f",),
    "crond": ("-f", "-n", "-d", "-x"),
    "rsyslogd": ("-n", "-N", "-v"),
    "dnsmasq": ("-k", "--keep-in-foreground", "-d", "--no-daemon", "--test"),
    "named": ("-f", "-g"),
    "squid": ("-N", "--foreground", "-k", "-z"),
}
"""What keeps a program in the foreground that leaves for the background otherwise."""
_NGINX_CONF = "/etc/nginx/nginx.conf"


class Word(Record):
    """One word: its text, and the same with \\0 for what was quoted, or quoted so that a shell would not look into it."""

    text: str
    bare: str
    open: str


def words_of(command: str) -> list[Word]:
    """The words of a command; ValueError for a quotation without an end, with shlex's text."""
    words: list[Word] = []
    text = bare = seen = quote = ""
    begun = False
    at = 0
    while at < len(command):
        character = command[at]
        at += 1
        if not quote and character in " \t\r\n":
            if begun:
                words.append(Word(text, bare, seen))
            text, bare, seen, begun = "", "", "", False
            continue
        begun = True
        if character == quote or (not quote and character in "'\""):
            quote = "" if quote else character
            continue
        escaped = character == "\\" and quote != "'" and (not quote or command[at : at + 1] in ('"', "\\"))
        if escaped:
            if at == len(command):
                raise ValueError("No escaped character")
            character = command[at]
            at += 1
        text += character
        bare += "\0" if quote or escaped else character
        seen += "\0" if quote == "'" or escaped else character
    if quote:
        raise ValueError("No closing quotation")
    return [*words, Word(text, bare, seen)] if begun else words


def examine(section: Section, command: str) -> None:
    """Report what is surely wrong with a command."""
    try:
        words = words_of(command)
    except ValueError as error:
        section.report("bad-command", f"command of [{section.name}] cannot be started: {error}", "command")
        return
    if not words:
        section.report("bad-command", f"command of [{section.name}] is empty: it cannot be started", "command")
        return
    for code, message in _complaints(words, section):
        section.report(code, message, "command")


def _complaints(words: list[Word], section: Section) -> Iterator[tuple[str, str]]:
    """(code, message) of everything found."""
    of = f"command of [{section.name}]"
    first, names = words[0], {basename(word.text) for word in words}
    if _assignment(first.bare):
        yield "shell-syntax", f"{of} begins with {first.text}: no shell reads it; use environment="
    elif first.text in _BUILTINS:
        yield "shell-syntax", f"{of} begins with {first.text}, which only a shell knows; use {_better(first.text)}"
    elif first.bare.startswith("~"):
        yield "literal-tilde", f"{of} begins with ~, which only a shell expands"
    if not names.intersection(_TAKE_THEM):
        operator = next((word.text for word in words if word.bare in _OPERATORS or _ends_command(word)), None)
        if operator is not None:
            message = f"{of} has {operator} in it, which is an argument like any other, since no shell reads it"
            yield "shell-syntax", f"{message}; use /bin/sh -c '...', with all of it in the quotation"
        elif not names.intersection(_SHELLS):
            variable = next(filter(None, (_variable(word.open) for word in words)), "")
            if variable:
                yield "literal-variable", f"{of} has {variable} in it, which no shell expands; {_instead(variable)}"
    if any(mark in section.scope.ini.items(section.name)["command"].text for mark in _SMART):
        yield "smart-quote", f"{of} has typographic quotation marks in it, which quote nothing; use \" or '"
    yield from _background(words, section)


def _assignment(text: str) -> bool:
    name, equals, _ = text.partition("=")
    return bool(equals) and name.isidentifier()


def _better(builtin: str) -> str:
    return {"cd": "directory=", "export": "environment=", "exec": "what follows it"}.get(builtin, "/bin/sh -c '...'")


def _ends_command(word: Word) -> bool:
    """Whether a word ends like `foo;`, of which the semicolon is no argument of anything."""
    return len(word.bare) > 1 and word.bare.endswith(";") and "\0" not in word.bare and "=" not in word.bare


def _variable(text: str) -> str:
    """The first $NAME, ${NAME}, $(...) or `...` that a shell would replace, or the empty string."""
    if text.count("`") > 1:
        return "`...`"
    at = text.find("$")
    while at >= 0:
        rest = text[at + 1 :]
        if rest.startswith("("):
            return "$(...)"
        name = rest[1:].partition("}")[0] if rest.startswith("{") and "}" in rest else rest
        length = 0
        while length < len(name) and (
            name[length] in "_ABCDEFGHIJKLMNOPQRSTUVWXYZ" or (length and name[length].isdigit())
        ):
            length += 1
        if length and (not rest.startswith("{") or length == len(name)):
            return f"${name[:length]}"
        at = text.find("$", at + 1)
    return ""


def _instead(variable: str) -> str:
    return (
        f"write %(ENV_{variable[1:]})s" if variable[1:2].isalpha() or variable[1:2] == "_" else "use /bin/sh -c '...'"
    )


def _background(words: list[Word], section: Section) -> Iterator[tuple[str, str]]:
    program = basename(words[0].text)
    if words[0].text.startswith("/etc/init.d/"):
        program = "service"
    program = "php-fpm" if program.startswith("php-fpm") else program
    rest = [word.text for word in words[1:]]
    away = next((flag for flag in _GO_AWAY.get(program, ()) if _given(rest, flag)), None)
    of = f"command of [{section.name}]"
    if away is not None and not any("FOREGROUND" in word for word in rest):
        message = f"{of} leaves for the background because of {away}: what has left cannot be supervised"
        yield "goes-to-background", message
    elif program in _STAY and not _stays(rest, _STAY[program]):
        if program == "nginx" and _nginx_may_stay(rest, section):
            return
        stay = "-g 'daemon off;'" if program == "nginx" else _STAY[program][0]
        message = f"{of} leaves for the background: what has left cannot be supervised; {program} stays with {stay}"
        yield "goes-to-background", message
    elif program == "nohup":
        yield "shell-syntax", f"{of} begins with nohup, which is of no use without a terminal"


def _given(words: list[str], flag: str) -> bool:
    """Whether a flag, or a flag and its value, is among the words."""
    wanted = flag.split(" ")
    if any(words[at : at + len(wanted)] == wanted for at in range(len(words))):
        return True
    return flag.startswith("--") and any(word.startswith(flag + "=") for word in words)


def _stays(words: list[str], flags: tuple[str, ...]) -> bool:
    """Whether one of the flags is among the words; a letter may be among others, as in -nf."""
    if any(_given(words, flag) for flag in flags):
        return True
    letters = {flag[1] for flag in flags if len(flag) == 2}
    return any(word[0] == "-" and word[1:].isalpha() and letters.intersection(word) for word in words if word)


def _nginx_may_stay(words: list[str], section: Section) -> bool:
    """Whether `daemon off` is among its words or in its configuration, or that is not here to tell."""
    if any("daemon off" in " ".join(word.split()) for word in words):
        return True
    host = section.scope.host
    path = next((after for flag, after in zip(words, words[1:]) if flag == "-c"), _NGINX_CONF)
    try:
        text = host.files.read_file(join(host.cwd, path)).decode("utf-8", "replace")
    except (OSError, ValueError):
        return True
    lines = (" ".join(line.partition("#")[0].split()) for line in text.splitlines())
    return any("daemon off" in line for line in lines)
