"""The first call of a client, as early as there is somebody to connect to."""

from __future__ import annotations

import contextlib
import http.client
import xmlrpc.client
from collections.abc import Callable

from supervisor.xmlrpc import SupervisorTransport

from tests.e2e.instance import Instance, until

PROGRAMS = 300
CONF = f"""
[supervisord]
logfile = %(here)s/main.log
pidfile = %(here)s/main.pid
childlogdir = %(here)s
[unix_http_server]
file = %(here)s/s.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl = unix://%(here)s/s.sock
[program:many]
command = sleep 1000
process_name = %(process_num)03d
numprocs = {PROGRAMS}
autostart = false
"""


def test_whoever_gets_an_answer_sees_every_program(instance: Callable[[str], Instance]) -> None:
    made = instance(CONF)
    made.launch("-n")

    def answer() -> object:
        for _ in range(1000):  # as close to the first moment as can be
            transport = SupervisorTransport(None, None, f"unix://{made.folder}/s.sock")
            client = xmlrpc.client.ServerProxy("http://localhost", transport=transport)
            with contextlib.suppress(OSError, http.client.HTTPException):
                return client.supervisor.getAllProcessInfo() or "none"
        return None

    assert len(until("an answer", answer)) == PROGRAMS
