"""Plays programs on Linux, each as PID 1 of a fresh pid namespace: `python server.py ROOT FOLDER`.

Reads a line `[program, story]` of JSON for each and answers with a line: "" or the difference. Everything is imported
once; a program costs three forks. Who is not root has no namespaces and plays as an ordinary process.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import sys
import tempfile

NEW_PID, NEW_MOUNTS = 0x20000000, 0x00020000
PRIVATE = (1 << 18) | (1 << 14)
TIME_LIMIT_S = 60
PATIENCE_S = 10.0
_libc = ctypes.CDLL(None, use_errno=True)


def main(root: str, folder: str) -> None:
    """Serve until standard input ends."""
    sys.path[0] = root
    tempfile.tempdir = folder
    import tests.contract.linux_world  # noqa: F401
    from tests.contract import world

    world.PATIENCE_S = PATIENCE_S
    for line in sys.stdin:
        program, story = json.loads(line)
        sys.stdout.write(json.dumps(_difference(program, story)) + "\n")
        sys.stdout.flush()


def _difference(program: list[object], story: list[object]) -> str:
    """What the process that plays says; it and all it started are gone afterwards."""
    reader, writer = os.pipe()
    between = os.fork()
    if between == 0:
        os.setsid()
        os.close(reader)
        _separate(writer, program, story)
    os.close(writer)
    with open(reader, "rb") as pipe:
        ready, _, _ = select.select([pipe], [], [], TIME_LIMIT_S)
        said = pipe.readline().decode() if ready else ""
    os.killpg(between, signal.SIGKILL)
    os.waitpid(between, 0)
    return json.loads(said) if said else f"not over after {TIME_LIMIT_S} s"


def _separate(writer: int, program: list[object], story: list[object]) -> None:
    """Become the parent of a namespace; SIGKILL for us is SIGKILL for it."""
    root = os.geteuid() == 0
    if root and _libc.unshare(NEW_PID | NEW_MOUNTS):
        raise OSError(ctypes.get_errno(), "unshare")
    init = os.fork()
    if init == 0:
        _libc.prctl(1, signal.SIGKILL, 0, 0, 0)
        if root:
            _libc.mount(b"none", b"/", None, PRIVATE, None)
            if _libc.mount(b"proc", b"/proc", b"proc", 0, None):
                raise OSError(ctypes.get_errno(), "mount /proc")
        os.setsid()
        _play(writer, program, story)
    os.close(writer)
    os.waitpid(init, 0)
    os._exit(0)


def _play(writer: int, program: list[object], story: list[object]) -> None:
    import shutil
    import traceback

    from tests.contract.fuzz.player import replay
    from tests.contract.linux_world import LinuxWorld

    world = LinuxWorld()
    try:
        said = replay(world, program, story)
    except BaseException:
        said = traceback.format_exc()
    shutil.rmtree(world.directory, ignore_errors=True)
    os.write(writer, json.dumps(said).encode() + b"\n")
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
