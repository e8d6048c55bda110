"""Simulated clients."""

from __future__ import annotations

import errno

import pytest

from initd.kernel.port import READABLE, WRITABLE


def accepted(kernel, port: int = 9001):
    """A client and the daemon's end of its connection."""
    listener = kernel.listen_tcp("", port)
    client = kernel.connect_tcp(port)
    connection, peer = kernel.accept(listener)
    assert peer.startswith("127.0.0.1:")
    return client, connection


def test_nobody_listens_where_nobody_listens(bench) -> None:
    kernel = bench.kernel()
    with pytest.raises(ConnectionRefusedError):
        kernel.connect_tcp(9001)
    with pytest.raises(FileNotFoundError):
        kernel.connect_unix("/run/sock")
    fd = kernel.listen_unix("/var/run/sock", 0o700, (5, -1))
    assert kernel.files.stat("/var/run/sock")[1] == 5
    kernel.close(fd)
    with pytest.raises(ConnectionRefusedError):
        kernel.connect_unix("/var/run/sock")


def test_a_client_receives_what_is_written_and_is_told_of_the_close(bench) -> None:
    kernel = bench.kernel()
    client, connection = accepted(kernel)
    assert kernel.write(connection, b"hello") == 5
    assert client.received == b"hello"
    kernel.close(connection)
    assert client.ended
    with pytest.raises(BrokenPipeError):
        client.send(b"x")


def test_a_client_that_stalls_fills_its_connection_until_it_reads_again(bench) -> None:
    kernel = bench.kernel()
    client, connection = accepted(kernel)
    client.stall()
    total = 0
    with pytest.raises(BlockingIOError):
        while True:
            total += kernel.write(connection, b"x" * 50_000)
    kernel.watch(connection, WRITABLE)
    assert kernel.poll(0) == []
    client.resume()
    assert len(client.received) == total
    assert kernel.poll(0) == [(connection, WRITABLE)]


def test_a_client_that_aborts_is_an_error_of_the_next_read(bench) -> None:
    kernel = bench.kernel()
    client, connection = accepted(kernel)
    client.send(b"half a requ")
    client.reset()
    with pytest.raises(OSError) as error:
        kernel.read(connection, 100)
    assert error.value.errno == errno.ECONNRESET


def test_a_client_can_come_at_any_time(bench) -> None:
    kernel = bench.kernel()
    listener = kernel.listen_tcp("", 0)
    kernel.watch(listener, READABLE)
    kernel.at(5, lambda: kernel.connect_tcp(kernel.socket_port(listener)).send(b"GET"))
    assert kernel.poll(None) == [(listener, READABLE)]
    connection, _ = kernel.accept(listener)
    assert (kernel.now, kernel.read(connection, 10)) == (5, b"GET")
