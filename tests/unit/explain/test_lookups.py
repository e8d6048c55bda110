"""Why a file is not found, not entered, not executed, on a simulated disk."""

from __future__ import annotations

import stat

import pytest

from initd.explain.lookups import EXECUTE, WRITE, Who, interpreter, obstacle, search, who
from sim.kernel import SimFiles
from sim.kernel.tree import Node

WWW = Who("www", 1000, (1000, 50))
ROOT = Who("root", 0, (0,))


@pytest.fixture
def files() -> SimFiles:
    made = SimFiles()
    made.users.add_user("www", 1000, 1000, "/")
    for name in ("nginx", "python3", "python3.11", "php-fpm8.2", "php-fpm8.1"):
        made.program(f"/usr/bin/{name}")
    return made


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("ngnix", ("/usr/bin/nginx",)),
        ("php-fpm", ("/usr/bin/php-fpm8.2", "/usr/bin/php-fpm8.1")),
        ("python", ("/usr/bin/python3.11", "/usr/bin/python3")),
        ("zzz", ()),
    ],
)
def test_near_misses_are_versions_of_it_first_then_what_is_spelled_like_it(
    files: SimFiles, word: str, near: tuple[str, ...]
) -> None:
    found = search(files, word, "/bin:/usr/bin:/gone:/bin", None)
    assert found.searched == ("/bin", "/usr/bin", "/gone")
    assert found.near == near


def test_what_is_outside_of_the_path_is_found_in_the_usual_places_and_in_the_directory(files: SimFiles) -> None:
    assert search(files, "nginx", "/bin", None).elsewhere == "/usr/bin/nginx"
    files.program("/srv/app/run")
    assert search(files, "run", "/bin", "/srv/app").elsewhere == "/srv/app/run"
    assert search(files, "bin/run", "/bin", "/srv").elsewhere == ""
    files.program("/srv/bin/run")
    assert search(files, "bin/run", "/bin", "/srv").elsewhere == "/srv/bin/run"
    assert search(files, "/usr/bin/ngnix", "/bin", "/srv") == search(files, "/usr/bin/ngnix", "", None)
    assert search(files, "/usr/bin/ngnix", "/bin", None).near == ("/usr/bin/nginx",)


def test_the_first_component_that_stops_somebody_is_named_with_whose_it_is(files: SimFiles) -> None:
    files.program("/srv/a/run")
    assert obstacle(files, "/srv/a/run", WWW, EXECUTE) == ""
    files.tree.find("/srv/a/run").mode = 0o744
    assert obstacle(files, "/srv/a/run", WWW, EXECUTE) == "/srv/a/run is -rwxr--r-- root:root: www may not execute it"
    files.tree.find("/srv").mode = 0o750
    assert obstacle(files, "/srv/a/run", WWW, EXECUTE) == "/srv is drwxr-x--- root:root: www may not enter it"
    assert obstacle(files, "/srv/a/run", ROOT, EXECUTE) == ""
    files.tree.find("/srv/a/run").mode = 0o644
    assert obstacle(files, "/srv/a/run", ROOT, EXECUTE) == "/srv/a/run is -rw-r--r-- root:root: root may not execute it"


def test_a_group_lets_in_and_an_owner_is_not_asked_for_the_group(files: SimFiles) -> None:
    node = files.tree.put("/srv", Node(stat.S_IFDIR, 0o770, 0, 50))
    assert obstacle(files, "/srv", WWW, WRITE) == ""
    node.uid, node.mode = 1000, 0o070
    assert obstacle(files, "/srv", WWW, WRITE) == "/srv is d---rwx--- www:50: www may not write to it"


def test_what_is_not_there_and_what_is_no_directory_is_said(files: SimFiles) -> None:
    files.put("/srv/file", b"")
    assert obstacle(files, "/srv/gone/run", WWW, EXECUTE) == "/srv/gone does not exist"
    assert obstacle(files, "/srv/file/run", WWW, EXECUTE) == "/srv/file is no directory"


def test_a_mount_that_executes_nothing_is_named(files: SimFiles) -> None:
    files.program("/mnt/app/run")
    files.put("/proc/self/mounts", b"/dev/a / ext4 rw 0 0\n/dev/b /mnt ext4 rw,noexec,nosuid 0 0\n/dev/c /mnt/ap x noexec 0 0\n")
    assert obstacle(files, "/mnt/app/run", ROOT, EXECUTE) == "/mnt is mounted noexec"
    assert obstacle(files, "/mnt/app/run", ROOT, WRITE) == ""


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        (b"#!/usr/bin/python3\nx", ""),
        (b"#!/usr/bin/python9 -u\nx", "/usr/bin/python9"),
        (b"#!/usr/bin/python3\r\nx", "/usr/bin/python3\\r"),
        (b"#!\nx", "#!"),
        (b"\x7fELF", ""),
    ],
)
def test_the_interpreter_a_script_lacks_is_named_as_the_kernel_reads_it(files: SimFiles, text: bytes, missing: str) -> None:
    files.put("/srv/run", text)
    assert interpreter(files, "/srv/run") == missing
    assert interpreter(files, "/srv/gone") == ""


def test_somebody_is_known_by_name_and_groups_or_by_number(files: SimFiles) -> None:
    files.users.add_group("ssl", 50, ("www",))
    assert who(files, 1000) == WWW
    assert who(files, 77) == Who("uid 77", 77)
    assert who(files, None).uid == 0
