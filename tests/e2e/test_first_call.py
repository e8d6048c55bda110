"""The first call of a client, as early as there is somebody to connect to."""

from __future__ import annotations

import contextlib
import http.client
import xmlrpc.client
from collections.abc import Callable

from supervisor.xmlrpc import SupervisorTransport

from tests.e2e.instance import CONFIG, Instance, until

PROGRAMS = 300
MANY = f"""
[program:many]
command = sleep 1000
process_name = %(process_num)03d
numprocs = {PROGRAMS}
autostart = false
"""


def test_whoever_gets_an_answer_sees_every_program(instance: Callable[[str], Instance]) -> None:
    made = instance(CONFIG + MANY)
    made.launch("-n")

    def answer() -> object:
        for _ in range(1000):  # as close to the first moment as can be
            transport = SupervisorTransport(None, None, f"unix://{made.folder}/s.sock")
            client = xmlrpc.client.ServerProxy("http://localhost", transport=transport)
            with contextlib.suppress(OSError, http.client.HTTPException):
                return client.supervisor.getAllProcessInfo() or "none"
        return None

    assert len(until("an answer", answer)) == PROGRAMS
