"""What is looked up: output of the last run alone, and who came out of it, on a simulated machine and on made-up tables."""

from __future__ import annotations

import pytest

from initd.drive.program import End
from initd.explain.evidence import OUTPUT_BYTES, gather, left_behind, output
from initd.kernel.port import Seen
from sim.kernel import SimFiles
from tests.unit.explain.known import SECOND_NS, facts

END = End(100, 10 * SECOND_NS, 11 * SECOND_NS, 0)
BORN = 10 * SECOND_NS + SECOND_NS // 2
OURS = ("SUPERVISOR_PROCESS_NAME=app", "SUPERVISOR_GROUP_NAME=app")
THEIRS = ("SUPERVISOR_PROCESS_NAME=other", "SUPERVISOR_GROUP_NAME=app")


@pytest.fixture
def files() -> SimFiles:
    made = SimFiles()
    made.program("/srv/app")
    made.program("/srv/other")
    return made


@pytest.mark.parametrize(
    ("seen", "came"),
    [
        (Seen(7, 1, 100, 100, 0, "g"), True),
        (Seen(7, 900, 7, 100, 0, "s"), True),
        (Seen(7, 900, 7, 7, BORN, "env", "", OURS), True),
        (Seen(7, 900, 7, 7, BORN, "env of another", "/srv/app", THEIRS), False),
        (Seen(7, 900, 7, 7, BORN - 5 * SECOND_NS, "before", "/srv/app", OURS), False),
        (Seen(7, 900, 7, 7, BORN + 5 * SECOND_NS, "after", "/srv/app", OURS), False),
        (Seen(7, 900, 7, 7, BORN, "exe", "/srv/app"), True),
        (Seen(7, 900, 7, 7, BORN, "another exe", "/srv/other"), False),
        (Seen(7, 1, 7, 7, BORN, "adopted", "/srv/other"), True),
        (Seen(200, 1, 200, 200, BORN, "our next child", "/srv/app", OURS), False),
        (Seen(7, 200, 200, 7, BORN, "below our next child", "/srv/app", OURS), False),
        (Seen(1, 0, 1, 1, BORN, "us", "/srv/app"), False),
    ],
    ids=lambda value: value.title if isinstance(value, Seen) else "",
)
def test_who_came_out_of_a_run_is_known_by_what_it_cannot_help_having(files: SimFiles, seen: Seen, came: bool) -> None:
    known = facts(ends=(END,), live=(200,), daemon=1)
    table = [seen, Seen(200, 1, 200, 200, 12 * SECOND_NS, "child"), Seen(900, 1, 900, 900, 0, "a stranger")]
    assert [left.pid for left in left_behind(known, table, files)] == ([seen.pid] if came else [])


def test_an_adopted_process_that_may_be_anothers_is_nobodys(files: SimFiles) -> None:
    table = [Seen(7, 1, 7, 7, BORN, "adopted")]
    assert left_behind(facts(ends=(END,), others=((END,),)), table, files) == ()
    assert left_behind(facts(ends=(END,), others=((END.replace(ended_ns=END.began_ns + 1),),)), table, files) != ()


def test_of_a_master_and_its_workers_only_the_master_is_told(files: SimFiles) -> None:
    table = [Seen(7, 1, 7, 7, BORN, "master", "/srv/app"), *[Seen(8 + at, 7, 7, 7, BORN, "w", "/srv/app") for at in range(3)]]
    (left,) = left_behind(facts(ends=(END,)), table, files)
    assert (left.pid, left.title, left.end) == (7, "master", END)


def test_output_is_that_of_the_last_run_and_no_more_than_its_end(files: SimFiles) -> None:
    files.put("/l/out", b"before\nnow\n")
    files.put("/l/err", b"x" * 10_000 + b"end\n")
    assert output(files, facts(logs=(("/l/out", 7), ("/l/err", 0), ("/l/gone", 0)))) == (
        b"now\n\n" + b"x" * (OUTPUT_BYTES - 4) + b"end\n"
    )


def test_a_log_that_was_rotated_meanwhile_is_read_from_its_start(files: SimFiles) -> None:
    files.put("/l/out", b"now\n")
    assert output(files, facts(logs=(("/l/out", 5_000),))) == b"now\n"


def test_where_no_file_has_it_what_was_kept_is_the_output() -> None:
    assert output(SimFiles(), facts(recent=b"kept\n", logs=())) == b"kept\n"


def test_a_program_without_a_past_needs_no_look_at_anything() -> None:
    made = SimFiles()
    made.faults.fail("processes", 5)
    assert gather(made, [facts(), facts(ends=(End(0, 0, 0, text="no"),))])
    with pytest.raises(OSError, match="error"):
        gather(made, [facts(ends=(END,))])


def test_a_log_that_cannot_be_opened_is_traced_to_what_is_missing() -> None:
    known = facts(ends=(End(0, 0, 0, text="unknown error making dispatchers for 'app': ENOENT"),), logs=(("/l/m/out", 0),))
    (found,) = gather(SimFiles(), [known])
    assert (found.path, found.obstacle) == ("/l/m/out", "/l does not exist")


@pytest.mark.parametrize("command", ["'open", "", "''"])
def test_a_command_that_cannot_be_parsed_breaks_nothing(command: str) -> None:
    text = f"can't find command {command!r}"
    assert gather(SimFiles(), [facts(command=command, ends=(End(0, 0, 0, text=text),)), facts(command=command, ends=(END,))])
