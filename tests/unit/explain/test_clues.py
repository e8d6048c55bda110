"""What real programs print when they cannot go on, and what is made of it."""

from __future__ import annotations

import pytest

from initd.drive.program import End
from initd.explain import clues
from initd.explain.clues import Clue, last_lines, path_in, ports_in, read


def ending(code: int | None) -> End:
    return End(7, 0, 0, code, None if code is not None else 11)


@pytest.mark.parametrize(
    ("code", "line", "kind", "about"),
    [
        (127, "supervisor: couldn't exec /srv/app: EACCES", clues.SETUP, "exec /srv/app: EACCES"),
        (127, "supervisor: couldn't chdir to /gone: ENOENT", clues.SETUP, "chdir to /gone: ENOENT"),
        (127, "app: error while loading shared libraries: libpq.so.5: cannot open shared object file: No such file or directory",
         clues.LIBRARY, "libpq.so.5"),
        (127, "Error loading shared library libpq.so.5: No such file or directory (needed by /a)", clues.LIBRARY, "libpq.so.5"),
        (127, "sh: 1: foo: not found", clues.MISSING, "foo"),
        (127, "bash: line 1: foo: command not found", clues.MISSING, "foo"),
        (127, "/bin/sh: /opt/foo: No such file or directory", clues.MISSING, "/opt/foo"),
        (127, "zsh:1: command not found: foo", clues.MISSING, "foo"),
        (127, "env: ‘pyhton3’: No such file or directory", clues.MISSING, "pyhton3"),
        (127, "bash: /opt/foo: cannot execute: required file not found", clues.MISSING, "/opt/foo"),
        (126, "sh: 1: /opt/foo: Permission denied", clues.REFUSED, "/opt/foo"),
        (126, "bash: line 1: /opt: Is a directory", clues.REFUSED, "/opt"),
        (1, "nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)", clues.PORT, ""),
        (1, "Error: listen EADDRINUSE: address already in use :::3000", clues.PORT, ""),
        (1, "[ERROR] Connection in use: ('127.0.0.1', 8000)", clues.PORT, ""),
        (1, "OSError: [Errno 28] No space left on device: '/data/x'", clues.DISK, ""),
        (1, "PermissionError: [Errno 13] Permission denied: '/var/log/app.log'", clues.DENIED, "/var/log/app.log"),
        (1, "open() \"/run/nginx.pid\" failed (13: Permission denied)", clues.DENIED, "/run/nginx.pid"),
    ],
)  # fmt: skip
def test_the_sentence_that_explains_an_end_is_found_with_what_it_is_about(code: int, line: str, kind: str, about: str) -> None:
    assert read(("before", line, "after"), ending(code)) == Clue(kind, about, line)


@pytest.mark.parametrize(
    ("code", "line"),
    [
        (1, "sh: 1: foo: not found"),
        (1, "GET /favicon.ico: not found"),
        (3, "error while loading shared libraries: libpq.so.5: cannot open"),
        (1, "the address is already taken"),
        (None, "sh: 1: foo: not found"),
        (126, "all is well"),
    ],
)
def test_a_sentence_that_does_not_fit_the_end_explains_nothing(code: int | None, line: str) -> None:
    assert read((line,), ending(code)) is None


def test_the_newest_of_several_is_taken_but_what_the_status_says_comes_first() -> None:
    full, denied = "No space left on device", "open '/x': Permission denied"
    assert read((full, denied), ending(1)) == Clue(clues.DENIED, "/x", denied)
    assert read((denied, full), ending(1)) == Clue(clues.DISK, "", full)
    assert read(("sh: foo: not found", full), ending(127)) == Clue(clues.MISSING, "foo", "sh: foo: not found")


@pytest.mark.parametrize(
    ("line", "first"),
    [
        ("2026/12/01 10:20:30 [emerg] 12#12: bind() to 0.0.0.0:80 failed (98: Address already in use)", 80),
        ("bind() to [::]:8080 failed (98: Address already in use)", 8080),
        ("Error: listen EADDRINUSE: address already in use :::3000", 3000),
        ("Could not create server TCP listening socket *:6379: bind: Address already in use", 6379),
        ("unable to bind listening socket for address '127.0.0.1:9000': Address already in use (98)", 9000),
        ("Connection in use: ('127.0.0.1', 8000)", 8000),
        ("listen tcp :8081: bind: address already in use", 8081),
        ("Port 5000 is in use by another program", 5000),
        ("could not bind IPv4 address \"127.0.0.1\": Address already in use, port=5432", 5432),
    ],
)
def test_the_port_of_a_complaint_comes_first(line: str, first: int) -> None:
    assert ports_in(line)[0] == first


def test_an_errno_and_what_is_too_large_are_no_ports() -> None:
    assert ports_in("OSError: [Errno 98] Address already in use", "x 70000") == []


def test_the_last_path_of_a_line_is_what_it_is_about() -> None:
    assert path_in("cp: cannot create '/a/b c': Permission denied") == "/a/b c"
    assert path_in("cp /a to /b.") == "/b"
    assert path_in("no path") == ""


def test_blank_lines_and_bytes_that_are_no_text_hide_nothing() -> None:
    assert last_lines(b"one\r\n\n \xff two \n\n") == ("one", "\ufffd two")
    assert len(last_lines(b"x\n" * 100)) == clues.LINES
