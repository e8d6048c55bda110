"""A client that bothers a supervisor, as a program of its own so that its work delays nobody's clock.

    client.py SOCKET drip | sip | idle | tails | reads | multicalls | long-multicalls | infos | rereads | pages | heads | bodies

Prints a line once it is under way and then one for each answer it has had in full; goes on until it is killed.
"""

from __future__ import annotations

import os
import select
import socket
import sys
import time
from contextlib import suppress
from typing import NoReturn

import rpc

CONNECTIONS = 1000
CALLS, MANY_CALLS = 2000, 10_000
TAILS = 100
LONG_BYTES = 8_000_000
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


def tails(path: str) -> NoReturn:
    """Many clients that follow the log of a program that writes all the time."""
    clients = [rpc.connected(path) for _ in range(TAILS)]
    for client in clients:
        client.sendall(b"GET /logtail/writer HTTP/1.1\r\nHost: localhost\r\n\r\n")
    say("ready")
    while True:
        for client in select.select(clients, [], [])[0]:
            if not client.recv(1 << 16):
                raise SystemExit(1)


def again_and_again(path: str, text: bytes, statuses: tuple[bytes, ...] = (b" 200 ",)) -> NoReturn:
    """One call after the other, each on a connection of its own, which the daemon may end while we are still sending."""
    say("ready")
    while True:
        with rpc.connected(path) as client:
            with suppress(BrokenPipeError):
                client.sendall(text)
            first = b""
            with suppress(ConnectionResetError):
                first = client.recv(1 << 16)
                while client.recv(1 << 16):
                    pass
        say("answer" if first[8:13] in statuses or not first and b"" in statuses else "fault")


def main() -> NoReturn:
    _, path, what = sys.argv
    os.nice(SCHEDULING)
    if what == "reads":
        again_and_again(path, rpc.request("supervisor.readProcessStdoutLog", "large", 0, 0))
    elif what in ("multicalls", "long-multicalls"):
        count = CALLS if what == "multicalls" else MANY_CALLS
        calls = [{"methodName": "supervisor.getProcessInfo", "params": ["victim"]}] * count
        again_and_again(path, rpc.request("system.multicall", calls))
    elif what in ("infos", "rereads"):
        again_and_again(path, rpc.request(f"supervisor.{'getAllProcessInfo' if what == 'infos' else 'reloadConfig'}"))
    elif what == "pages":
        again_and_again(path, b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    elif what == "heads":
        head = b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * (LONG_BYTES // 6) + b"\r\n"
        again_and_again(path, head, (b" 431 ", b" 400 ", b""))
    elif what == "bodies":
        again_and_again(path, rpc.request("supervisor.getProcessInfo", "x" * LONG_BYTES), (b" 200 ", b" 413 ", b" 400 ", b""))
    {"drip": drip, "sip": sip, "idle": idle, "tails": tails}[what](path)
    raise SystemExit


if __name__ == "__main__":
    main()
