"""A client that bothers a supervisor, as a program of its own so that its work delays nobody's clock.

    client.py SOCKET drip | sip | idle | reads | multicalls

Prints a line once it is under way and then one for each answer it has had in full; goes on until it is killed.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from typing import NoReturn

import rpc

CONNECTIONS = 1000
CALLS = 2000
DRIPS = 20
SCHEDULING = 10
"""Nice: what is measured is how the daemon shares itself out, not how the scheduler shares out two processors."""


def say(word: str) -> None:
    print(word, flush=True)


def drip(path: str) -> NoReturn:
    """Some clients that send one byte a second."""
    text = rpc.request("supervisor.getAllProcessInfo")
    clients = [rpc.connected(path) for _ in range(DRIPS)]
    say("ready")
    while True:
        for number, client in enumerate(clients):
            client.sendall(text[:1])
            time.sleep(1 / DRIPS)
            if number == DRIPS - 1:
                text = text[1:] or rpc.request("supervisor.getAllProcessInfo")


def sip(path: str) -> NoReturn:
    """Some clients that ask for the large log and take one byte a second of it."""
    clients = [rpc.connected(path) for _ in range(DRIPS)]
    for client in clients:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        client.sendall(rpc.request("supervisor.readProcessStdoutLog", "large", 0, 0))
    say("ready")
    while True:
        for client in clients:
            client.recv(1)
            time.sleep(1 / DRIPS)


def idle(path: str) -> NoReturn:
    """Many connections on which nothing is said."""
    clients = [rpc.connected(path) for _ in range(CONNECTIONS)]
    say("ready")
    while clients:
        time.sleep(1000)
    raise SystemExit


def again_and_again(path: str, text: bytes) -> NoReturn:
    """One call after the other."""
    say("ready")
    while True:
        with rpc.connected(path) as client:
            client.sendall(text)
            first = client.recv(1 << 16)
            while client.recv(1 << 16):
                pass
        say("answer" if first.startswith(b"HTTP/1.0 200 ") or first.startswith(b"HTTP/1.1 200 ") else "fault")


def main() -> NoReturn:
    _, path, what = sys.argv
    os.nice(SCHEDULING)
    if what == "reads":
        again_and_again(path, rpc.request("supervisor.readProcessStdoutLog", "large", 0, 0))
    elif what == "multicalls":
        calls = [{"methodName": "supervisor.getProcessInfo", "params": ["victim"]}] * CALLS
        again_and_again(path, rpc.request("system.multicall", calls))
    {"drip": drip, "sip": sip, "idle": idle}[what](path)
    raise SystemExit


if __name__ == "__main__":
    main()
