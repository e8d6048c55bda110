"""One supervisor as seen from here: its XML-RPC methods and its log streams (supervisord-4.3 §5.4, §5.8)."""

from __future__ import annotations

import socket

from initd.config.model import ClientConfig
from initd.control.client import transport, wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class Server:
    """Calls methods over one kept connection, opened at the first call."""

    def __init__(self, config: ClientConfig) -> None:
        self._config = config
        self._sock: socket.socket | None = None

    def call(self, method: str, *params: str | int) -> Any:
        """The value of a method of `supervisor`, or of one named with its namespace; Fault, ProtocolError, OSError."""
        config = self._config
        body = wire.encode_call(method if "." in method else f"supervisor.{method}", params)
        headers = {"Content-Type": "text/xml", "Accept": "text/xml", "Content-Length": str(len(body))}
        if config.username is not None and config.password is not None:
            headers |= transport.credentials(config.username, config.password)
        if self._sock is None:
            self._sock = transport.connect(config.serverurl)
        response = transport.request(self._sock, "POST", config.serverurl, "/RPC2", headers, body)
        if response.status != 200:
            self.close()
            raise transport.ProtocolError("/RPC2", response.status, response.reason)
        document = b"".join(response.pieces())
        if response.last:
            self.close()
        return wire.decode_response(document)

    def close(self) -> None:
        """Drop the connection; the next call opens another."""
        if self._sock is not None:
            self._sock.close()
            self._sock = None


class LogStream:
    """The text of a log from its last kilobyte on, piece by piece and for ever, until `close` or the server's end."""

    def __init__(self, config: ClientConfig, path: str) -> None:
        self._config, self._path = config, path
        self.url = config.serverurl + path
        self._sock: socket.socket | None = None
        self._closed = False

    def __iter__(self) -> Iterator[str]:
        """ProtocolError when there is no such log, OSError."""
        import codecs

        headers = {"Accept": "*/*"}
        if self._config.password:
            headers |= transport.credentials(self._config.username, self._config.password)
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        with transport.connect(self._config.serverurl) as self._sock:
            if self.over():  # before there was anything to shut down
                return
            response = transport.request(self._sock, "GET", self._config.serverurl, self._path, headers)
            if response.status != 200:
                raise transport.ProtocolError(self._path, response.status, response.reason)
            for piece in response.pieces():
                if self.over():
                    return
                yield decoder.decode(piece)

    def over(self) -> bool:
        """Whether `close` has been called, maybe by another thread just now."""
        return self._closed

    def close(self) -> None:
        """End the stream, from any thread; nothing is yielded afterwards."""
        self._closed = True
        if self._sock is not None:
            try:
                self._sock.shutdown(socket.SHUT_RDWR)
            except OSError:  # it has ended by itself
                return
