"""What each code of a diagnostic means, with the smallest configuration that shows it; docs/diagnostics.md is made of this.

Codes are a promise to scripts: one may be added, none is renamed. Nothing of a running daemon imports this.
"""

from __future__ import annotations

from initd.record import Record


class Code(Record):
    """Its meaning, and an example: a main file (None: there is none), and what it includes, by name (None: unreadable)."""

    severity: str
    meaning: str
    example: str | None
    files: tuple[tuple[str, str | None], ...] = ()


MAIN = "supervisord.conf"
_HEAD = "[supervisord]\n"


def _program(options: str) -> str:
    return f"{_HEAD}[program:web]\n{options}"


def _error(meaning: str, example: str | None, *files: tuple[str, str | None]) -> Code:
    return Code("error", meaning, example, files)


def _warning(meaning: str, example: str | None, *files: tuple[str, str | None]) -> Code:
    return Code("warning", meaning, example, files)


CODES: dict[str, Code] = {
    "bad-percent": _error(
        "A `%` expansion names something that does not exist there, or is badly formed. A literal percent sign is `%%` "
        "(`%%%%` in `stdout_logfile`, `stderr_logfile` and the `environment` of `[supervisord]`, which are expanded twice).",
        _program("command=date +%Y\n"),
    ),
    "bad-section": _error(
        "A section that cannot be used, such as one with a blank in its name.", _HEAD + "[program:a b]\n"
    ),
    "bad-value": _error("A value that its option does not take.", _program("command=web\nstartsecs=1.5\n")),
    "file-missing": _error("There is no such file.", None),
    "file-unreadable": _error("The file is there and cannot be read.", None, (MAIN, None)),
    "missing-option": _error("An option that the section cannot do without.", _program("directory=/\n")),
    "missing-section": _error(
        "There is no `[supervisord]`, which every configuration has, be it empty.", "[program:web]\n"
    ),
    "no-section-header": _error("Something stands before the first section.", "nodaemon=true\n" + _HEAD),
    "parse-error": _error(
        "A line that is neither a section, nor an option, nor indented to go on with the one above.",
        _program("command=web\nautostart\n"),
    ),
    "too-many-errors": _error(
        "There are more errors than anybody reads; those beyond the hundredth were not looked for.", ""
    ),
    "undecodable": _error("The file is not text in the encoding of the system.", _HEAD + "; caf\udce9\n"),
    "auto-log-unbounded": _warning(
        "A log that initd names itself, in the temporary directory, is never rotated and grows until the disk is full.",
        _program("command=web\nstdout_logfile_maxbytes=0\n"),
    ),
    "bad-command": _warning(
        "A command that cannot be started: it is empty, or a quotation in it has no end.", _program("command=web 'a\n")
    ),
    "cut-quote": _warning(
        "`;` or `#` behind a blank begins a comment, inside of quotation marks, too. There is no way to escape it: write "
        "the mark without a blank before it, or put the command into a script.",
        _program("command=sh -c 'cd /srv ; exec web'\n"),
    ),
    "deprecated-syslog": _warning(
        "`stdout_logfile=syslog` is an old way to write `stdout_syslog=true`.",
        _program("command=web\nstdout_logfile=syslog\n"),
    ),
    "dropped-environment": _warning(
        "The grammar of `environment` takes a part of the text for nothing, usually since a value with blanks or other marks "
        "is not quoted.",
        _program("command=web\nenvironment=GREETING=good morning\n"),
    ),
    "duplicate-group": _warning(
        "Two groups have one name; the second is never started, and each `reread` calls it changed.",
        _program("command=web\n") + "[program:api]\ncommand=api\n[group:web]\nprograms=api\n",
    ),
    "duplicate-option": _warning(
        "An option is written twice in a section, or in two parts of it; the later one counts.",
        _program("command=web\nstartsecs=1\nstartsecs=2\n"),
    ),
    "duplicate-process": _warning(
        "Two processes of one group have the same name.",
        _HEAD
        + "[program:a]\ncommand=a\nprocess_name=p\n[program:b]\ncommand=b\nprocess_name=p\n[group:g]\nprograms=a,b\n",
    ),
    "duplicate-section": _warning(
        "A section is written again, here or in another file: both are one. Typically a file was copied and the name in its "
        "first line was not changed.",
        _HEAD + "[include]\nfiles=web.conf worker.conf\n",
        ("web.conf", "[program:web]\ncommand=web\n"),
        ("worker.conf", "[program:web]\ndirectory=/\n"),
    ),
    "foreign-serverurl": _warning(
        "`supervisorctl` and `initctl` are told to look for a socket that no server of this file makes.",
        _HEAD + "[unix_http_server]\nfile=/run/s.sock\n[supervisorctl]\nserverurl=unix:///run/other.sock\n",
    ),
    "goes-to-background": _warning(
        "The program leaves for the background by itself: what was started ends at once, and what has left cannot be "
        "supervised. `nginx` is told of where its configuration is there and does not say `daemon off`.",
        _program("command=redis-server --daemonize yes\n"),
    ),
    "immediate-kill": _warning(
        "`stopwaitsecs=0` does not wait for ever but not at all: SIGKILL follows the stop signal at once.",
        _program("command=web\nstopwaitsecs=0\n"),
    ),
    "include-unmatched": _warning(
        "No file matches a pattern of `[include]`.", _HEAD + "[include]\nfiles=conf.d/*.conf\n"
    ),
    "include-unreadable": _warning(
        "A file that is included cannot be read, and is passed over.",
        _HEAD + "[include]\nfiles=web.conf\n",
        ("web.conf", None),
    ),
    "indented-option": _warning(
        "An indented line goes on with the value above it; this one looks like an option.",
        _program("command=web\n  autostart=false\n"),
    ),
    "indented-section": _warning(
        "An indented line goes on with the value above it; this one looks like a section.",
        _program("command=web\n [program:api]\n"),
    ),
    "literal-logfile": _warning(
        "`logfile` of `[supervisord]` takes no word for no log: one called `NONE` is made.", _HEAD + "logfile=NONE\n"
    ),
    "literal-tilde": _warning(
        "`~` is a shell's word for the home directory; here it stands for itself.",
        _program("command=web\ndirectory=~/web\n"),
    ),
    "literal-variable": _warning(
        "`$NAME` is a shell's way to write a variable; here it is passed on as it stands.",
        _program("command=web --port $PORT\n"),
    ),
    "misplaced-option": _warning(
        "An option of another section: it is ignored here.", _program("command=web\nloglevel=debug\n")
    ),
    "nameless-percent": _warning(
        "`%s` without a name is replaced by all names and values there are, the whole environment with its secrets included. "
        "A literal percent sign is `%%`.",
        _program("command=date +%s\n"),
    ),
    "negative-value": _warning(
        "A negative number does not mean `for ever`: it counts like 0.", _program("command=web\nstartretries=-1\n")
    ),
    "nested-include": _warning(
        "`[include]` counts in the main file only.",
        _HEAD + "[include]\nfiles=web.conf\n",
        ("web.conf", "[include]\nfiles=more.conf\n"),
    ),
    "no-effect": _warning("An option that does nothing beside another one.", _HEAD + "nodaemon=true\ndirectory=/\n"),
    "no-processes": _warning("A group in which nothing will run.", _program("command=web\nnumprocs=0\n")),
    "no-rpcinterface": _warning(
        "There is a server, and nothing behind it: `supervisorctl` needs `[rpcinterface:supervisor]`.",
        _HEAD + "[unix_http_server]\nfile=/run/s.sock\n",
    ),
    "no-socket": _warning(
        "A `[fcgi-program:x]` in a `[group:x]` without a socket that can be used: it runs without one, as they all do under "
        "supervisord.",
        _HEAD + "[fcgi-program:php]\ncommand=php-cgi\n[group:site]\nprograms=php\n",
    ),
    "other": _warning("Anything else; its message says all.", ""),
    "quoted-variable": _warning(
        "Quotation marks around the name of a variable are part of the name; they belong around its value.",
        _program("command=web\nenvironment='PORT'=80\n"),
    ),
    "redirected-stderr": _warning(
        "With `redirect_stderr=true` there is nothing left for `stderr_logfile`.",
        _program("command=web\nredirect_stderr=true\nstderr_logfile=/tmp/web.err\n"),
    ),
    "shared-log": _warning(
        "Several processes log to one file. initd shares its rotation, but clearing one clears the other; supervisord loses "
        "output at each rotation.",
        _program("command=web\nstdout_logfile=/tmp/log\n") + "[program:api]\ncommand=api\nstdout_logfile=/tmp/log\n",
    ),
    "shared-socket": _warning(
        "Two `[fcgi-program:x]` ask for one socket. A UNIX socket is taken from whoever had it, a TCP port is refused.",
        _HEAD
        + "[fcgi-program:php]\ncommand=php-cgi\nsocket=unix:///run/php.sock\n"
        + "[fcgi-program:api]\ncommand=php-cgi\nsocket=unix:///run/php.sock\n",
    ),
    "shell-syntax": _warning(
        "No shell reads a command: `&&`, `|`, `>`, `;`, `cd`, `NAME=value` are words like any other.",
        _program("command=cd /srv && web\n"),
    ),
    "smart-quote": _warning(
        "Typographic quotation marks, as word processors make them, quote nothing.",
        _program("command=web \u201cmy page\u201d\n"),
    ),
    "tiny-log": _warning(
        "A size below 1024 bytes; usually `MB` was left out.",
        _program("command=web\nstdout_logfile=/tmp/web.log\nstdout_logfile_maxbytes=50\n"),
    ),
    "unclosed-header": _warning(
        "A section's line has no `]`: it was taken for an option of the section above, and so are the lines below.",
        _HEAD + "[program:web\ncommand=web\n",
    ),
    "unknown-option": _warning("There is no such option; it is ignored.", _program("command=web\nautostrat=true\n")),
    "unknown-section": _warning("There is no such section; it is ignored.", _HEAD + "[programs:web]\ncommand=web\n"),
    "user-without-root": _warning(
        "Only root can become another user, and `[supervisord]` says that the daemon does not stay root.",
        "[supervisord]\nuser=nobody\n[program:web]\ncommand=web\nuser=root\n",
    ),
}
"""By code; errors first, each kind in alphabetical order."""
