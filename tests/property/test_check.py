"""`initd check` against the loader, and its reading of commands against shlex."""

from __future__ import annotations

import json
import shlex

from hypothesis import example, given
from hypothesis import strategies as st

from initd.check import check
from initd.config.codes import CODES
from initd.config.commands import examine, words_of
from initd.config.findings import findings_of
from initd.config.ini import Ini
from initd.config.load import Arguments, load
from initd.config.meaning import suspect
from initd.config.options import SECTIONS
from initd.config.section import Scope, Section
from initd.errors import ConfigError
from tests.unit.config.memory import MAIN, host

HEADERS = [f"[{name}x]" if name.endswith(":") else f"[{name}]" for name in SECTIONS]
HEADERS += [
    "[DEFAULT]",
    "[program:y]",
    "[program:a b]",
    "[programm:x]",
    " [program:x]",
    "[program:x",
    "[group:y]",
    "[]]",
]
KEYS = sorted({option for table in SECTIONS.values() for option in table}) + [
    "zzz",
    "Command",
    " startsecs",
    "[program:z",
]
VALUES = [
    "x",
    "y",
    "1",
    "-1",
    "0",
    "true",
    "maybe",
    "5MB",
    "TERM",
    "%(here)s",
    "%(process_num)d",
    "%s",
    "%",
    "%%s",
    "~/x",
    "",
]
VALUES += [
    "A=1",
    "A=b c",
    'A="',
    "sh -c 'a ; b'",
    "cd /x && $HOME",
    "nginx",
    "x,y",
    "more",
    "mine",
    "/tmp/l",
    "none",
    "web",
    "x:y",
]
VALUES += ["supervisor.rpcinterface:make_main_rpcinterface", "unix:///tmp/s", ":80", "\u201cx\u201d", "\0", "\ufeff"]
lines = st.one_of(
    st.sampled_from(HEADERS),
    st.builds("{}{}{}".format, st.sampled_from(KEYS), st.sampled_from(["=", " : ", " "]), st.sampled_from(VALUES)),
    st.builds("command={}".format, st.sampled_from(VALUES)),
    st.sampled_from(["", "  more ; text", "; comment", "  # comment", "  startsecs=1", "nonsense", "[supervisord]"]),
    st.text(max_size=8),
)
texts = st.lists(lines, max_size=16).map("\n".join)
mains = st.one_of(
    texts, texts.map("[supervisord]\n".__add__), texts.map("[supervisord]\n[include]\nfiles=more mine\n".__add__)
)


VALID = {
    "boolean": ("true", "no"),
    "integer": ("-1", "0", "1"),
    "byte_size": ("0", "1", "1MB"),
    "logfile": ("none", "auto", "/tmp/l", "/dev/stdout", "syslog"),
    "user": ("web", "root"),
    "octal": ("022",),
    "signal": ("KILL", "TERM"),
    "autorestart": ("true", "unexpected"),
    "exit_code_list": ("0",),
    "key_value_pairs": ("A=1", "A=b c", 'A="%(here)s"'),
    "command_line": (
        "x $X",
        "nginx -g 'daemon off;'",
        "nginx",
        "cd /x && y",
        "",
        "'",
        "redis-server --daemonize yes",
        "~/x",
    ),
    "template_name": ("p", "%(program_name)s_%(process_num)d"),
    "string": ("~/x", "auto", "/tmp"),
    "log_level": ("debug",),
    "existing_dirpath": ("/tmp/l", "NONE", "auto"),
    "existing_directory": ("/tmp",),
}
"""Values that are accepted, by type."""


def _options(table: str) -> st.SearchStrategy[str]:
    """The lines of a section in which most values are good."""
    rows = [(option, VALID[kind]) for option, (kind, _) in SECTIONS[table].items() if kind in VALID]
    line = st.sampled_from(rows).flatmap(lambda row: st.sampled_from(row[1]).map(f"{row[0]}={{}}".format))
    return st.lists(line, max_size=6).map("\n".join)


SERVER = "[unix_http_server]\nfile=/tmp/s\n"
CLIENT = "[supervisorctl]\nserverurl=unix:///tmp/{}\n"
INTERFACE = (
    "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n"
)
good = st.builds(
    "[supervisord]\n{}\n[program:x]\ncommand=x\n{}\n[program:y]\ncommand=y\n{}\n{}{}{}{}".format,
    _options("supervisord"),
    _options("program:"),
    _options("program:"),
    st.sampled_from(["", "[group:x]\nprograms=y\n", "[group:g]\nprograms=x,y\n", "[group:g]\n"]),
    st.sampled_from(["", SERVER]),
    st.sampled_from(["", CLIENT.format("s"), CLIENT.format("t")]),
    st.sampled_from(["", INTERFACE]),
)


def _refused(path: str, files: dict[str, bytes]) -> bool:
    try:
        load(Arguments(path), host(files))
    except ConfigError:
        return True
    return False


@given(mains, texts, st.binary(max_size=6))
@example("[supervisord]\n[include]\nfiles=more", "[program:x]\ncommand=x\nstartsecs=x", b"")
@example("[supervisord]\n[program:x]\n[program:x]\nnumprocs=2\nprocess_name=/\n[DEFAULT]\npriority=x", "", b"\xff")
@example("[supervisord]\nchildlogdir=x\n[include]\n", "", b"")
@example("[supervisord", "", b"\xff\xfe")
def test_any_text_is_judged_as_the_loader_judges_it(main: str, more: str, mine: bytes) -> None:
    files = {MAIN: main.encode(), "/etc/more": more.encode(), "/etc/mine": mine}
    before = dict(files)
    found = findings_of(MAIN, host(files))
    assert files == before
    errors = [one.diagnostic for one in found if one.diagnostic.severity == "error"]
    assert bool(errors) is _refused(MAIN, files)
    assert len(errors) == len({(one.origin, one.key, one.message) for one in errors}), "nothing is told twice"
    for finding in found:
        one = finding.diagnostic
        assert CODES[one.code].severity == one.severity
        if one.origin.line is not None and one.origin.file == MAIN:
            assert 1 <= one.origin.line <= main.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1


@given(mains)
def test_any_text_can_be_told_to_people_and_programs(main: str) -> None:
    code, text = check([MAIN, "--strict", "--color=never"], host({MAIN: main}), True)
    again, report = check([MAIN, "--strict", "--json"], host({MAIN: main}), True)
    told = json.loads(report)
    assert code == again == (2 if told["errors"] else 1 if told["warnings"] else 0)
    assert all(letter.isprintable() or letter == "\n" for letter in text)
    assert len(told["diagnostics"]) == told["errors"] + told["warnings"]


@given(st.one_of(mains, good, good))
def test_what_is_accepted_is_warned_of_as_the_daemon_would(main: str) -> None:
    try:
        config = load(Arguments(MAIN), host({MAIN: main}))
    except ConfigError:
        return
    found = [one.diagnostic for one in findings_of(MAIN, host({MAIN: main}))]
    assert sorted(map(repr, found)) == sorted(map(repr, config.diagnostics))
    told = [notice.level for notice in config.notices]
    assert "crit" not in told, "a fault of ours"
    assert told.count("warn") == len(config.diagnostics)


commands = st.lists(
    st.one_of(
        st.sampled_from(
            [" ", "'", '"', "\\", "\t", "\n", "$X", "&&", ";", "nginx", "cd", "a", "=", "~", "-d", "/bin/"]
        ),
        st.sampled_from(
            ["redis-server", "--daemonize", "yes", "service", "apachectl", "php-fpm8.2", "/etc/init.d/x", "start"]
        ),
        st.text("ab$&|<>`;#%~\u201c", max_size=3),
    ),
    max_size=8,
).map("".join)


@given(commands)
@example("a\\")
@example("'\\'")
@example('"\\a\\""')
@example("''")
def test_a_command_is_cut_into_words_as_shlex_cuts_it(command: str) -> None:
    try:
        expected: list[str] | str = shlex.split(command)
    except ValueError as error:
        expected = str(error)
    try:
        words = words_of(command)
    except ValueError as error:
        assert str(error) == expected
        return
    assert [word.text for word in words] == expected
    assert all(len(word.text) == len(word.bare) == len(word.open) for word in words)


@given(commands)
def test_no_command_with_something_to_say_about_is_passed_over(command: str) -> None:
    ini = Ini()
    ini.read(f"[program:x]\ncommand={' '.join(command.split())}\n", MAIN)
    scope = Scope(ini, host({}), MAIN, "/etc")
    examine(Section(scope, "program:x"), command)
    assert suspect(command) or not scope.diagnostics
