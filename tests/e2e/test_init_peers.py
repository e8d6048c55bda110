"""Called by the name of another init, initd is that init: the same call of both gives the same status and the same words."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.e2e.container import UNSHARE, ran
from tests.e2e.instance import daemon_command, environment

pytestmark = pytest.mark.usefixtures("as_root", "packages")
PLACES = pytest.mark.parametrize("first", [True, False], ids=["pid1", "not-pid1"])

CALLS = {
    "tini": [
        "", "-h", "--version", "-l", "-z", "-w", "-e", "-s -p", "-e 256 true", "-e x true", "-p FOO true", "-p KILL true",
        "-p SIGKILL true", "zzzz", "-s -- zzzz", "/etc", "true", "-vvv true", "-svvv true", "-s -- -- true", "--foo",
        "--version --foo", "sh -c true", "-svvvw sh -- -c exit\\ 3", "-svv -- sh -c kill\\ -9\\ $$", "-g -s -- false",
        "-s -e 143 -- sh -c kill\\ $$", "-e 7 -s -- sh -c exit\\ 7", "-sp SIGTERM true", "-s -- sh -c kill\\ -40\\ $$",
        "POSIXLY_CORRECT=1 -s sh -c exit\\ 3",
        "TINI_SUBREAPER= true", "TINI_VERBOSITY=3 true", "TINI_VERBOSITY=0 zzzz", "TINI_VERBOSITY=x true",
        "TINI_KILL_PROCESS_GROUP=1 -s true",
    ],
    "docker-init": ["-- true", "-s -- sh -c exit\\ 9", "--version"],
    "dumb-init": [
        "", "-h", "--help", "-V", "--version", "-z", "--foo", "--help=1", "--rewrite", "-r", "zzzz", "-- zzzz", "/etc", "true",
        "-r 1 true", "-r 1:2:3 true", "-r 1:32 true", "-r 32:1 true", "-r x:y true", "-r 0:1 true", "-r 15:0 true",
        "-r 1:-1 true", "-r derp true", "-r 1: true", "-r :15 true", "-v true", "-c -v true", "-vc sh -c exit\\ 3",
        "--rewrite 15:2 --single-child --verbose true", "-v sh -c kill\\ -9\\ $$", "--sing true", "--rewrite=15:2 true",
        "DUMB_INIT_DEBUG=1 true", "DUMB_INIT_DEBUG=0 true", "DUMB_INIT_SETSID=0 true", "DUMB_INIT_SETSID=0 -v true",
    ],
    "catatonit": [
        "", "-h", "--help", "--version", "-V", "-L", "-z", "--foo", "zzzz", "-- zzzz", "/etc", "true", "-- sh -c exit\\ 3",
        "-- sh -c kill\\ -9\\ $$", "-g true", "-- -- true", "-- sh -c kill\\ -40\\ $$",
    ],
}  # fmt: skip
GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "inits.json"
REAL = {"docker-init": "tini"}
NO_TERMINAL = re.compile(r"^.*(controlling tty \(errno|tcsetpgrp failed: no tty).*\n", re.MULTILINE)
"""What two of them say, if asked to say much, of a terminal that is not there."""
PIDS = re.compile(r"(PID |pid[ =:]+'?|\(|catatonit:)\d+")
BOTH_AT_ONCE = re.compile(r"(\[dumb-init\] Child spawned .*\n)(\[dumb-init\] setsid complete.\n)")
"""What dumb-init and its child say at the same time."""


@pytest.fixture
def links(tmp_path: Path) -> Path:
    """A folder with a link to our command under each of the names."""
    words = daemon_command()
    (tmp_path / "links").mkdir()
    for name in CALLS:
        place = tmp_path / "links" / name
        if len(words) == 1:
            place.symlink_to(words[0])
        else:  # from a tree: `python -m` sets the name itself
            place.write_text(f"#!{words[0]}\nimport sys\nfrom initd.cli import main\nmain()\n")
            place.chmod(0o755)
    return tmp_path / "links"


def call(init: str, text: str, first: bool) -> tuple[int, str, str]:
    """Status, output and errors of one call, without the numbers and places that must differ."""
    words = [word.replace("\0", " ") for word in text.replace("\\ ", "\0").split(" ") if word]
    more = dict(word.split("=", 1) for word in words if re.match(r"[A-Z_]+=", word))
    command = [*(UNSHARE if first else ()), init, *[word for word in words if not re.match(r"[A-Z_]+=", word)]]
    answer = subprocess.run(
        command, env=environment() | more, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
    )
    plain = [
        NO_TERMINAL.sub("", PIDS.sub(r"\1N", text.replace(os.path.dirname(init) + "/", "")))
        for text in (answer.stdout, answer.stderr)
    ]
    errors = BOTH_AT_ONCE.sub(r"\2\1", plain[1])
    return answer.returncode, plain[0], errors.replace("docker-init", REAL.get("docker-init", ""))


def recorded(name: str, text: str, first: bool) -> tuple[int, str, str]:
    """What that init once said; from this the unit tests know it (tests/unit/reaper/test_words.py)."""
    code, out, err = json.loads(GOLDEN.read_text())[name][f"{text} # {'' if first else 'not '}pid 1"]
    return code, out, err


def record() -> None:
    """Ask the other inits again."""
    answers = {
        name: {
            f"{text} # {'' if first else 'not '}pid 1": call(f"/usr/bin/{REAL.get(name, name)}", text, first)
            for text in texts
            for first in (True, False)
        }
        for name, texts in CALLS.items()
    }
    GOLDEN.write_text(json.dumps(answers, indent=1) + "\n")


@PLACES
@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in CALLS.items() for text in texts])
def test_a_call_answers_as_the_other_init_does(links: Path, name: str, text: str, first: bool) -> None:
    theirs = call(f"/usr/bin/{REAL.get(name, name)}", text, first)
    assert call(str(links / name), text, first) == theirs
    assert recorded(name, text, first) == theirs, "tests/golden/inits.json: python -m tests.e2e.test_init_peers records it anew"


def test_as_names_the_init_instead_of_a_link() -> None:
    assert ran("--as", "tini", "--version")[:2] == (0, "tini version 0.19.0\n")
    assert ran("--as=catatonit", "--", "sh", "-c", "exit 3")[0] == 3
    assert ran("--as", "dumb-init", "zzzz")[0] == 2
    code, _, err = ran("--as", "tinny", "true")
    names = "tini, tini-static, docker-init, dumb-init, catatonit"
    assert (code, err) == (2, f"initd: --as: no init 'tinny' (expected one of {names})\n")
