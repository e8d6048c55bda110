"""Requests as XML-RPC clients in other languages put them on the wire, and what a socket gets back for them.

The heads and bodies are what these clients send to `supervisor.*`; `{n}` stands for the length of the body.
"""

from __future__ import annotations

import base64
import gzip
import socket
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple

AUTHORIZATION = "Authorization: Basic " + base64.b64encode(b"user:secret").decode()
PATIENCE_S = 30.0


class Answer(NamedTuple):
    """One reply as a client sees it: the status line, the headers it may act on, the body; then whether there is more.

    `then` is `kept` if the connection serves another request, `closed` if it does not.
    """

    status: str
    headers: dict[str, str]
    body: bytes
    then: str = ""


def post(head: str, body: str | bytes, version: str = "1.1", path: str = "/RPC2", encoding: str = "utf-8") -> bytes:
    """A whole request; `head` is its header lines, a length is added unless one is there or the body is chunked."""
    content = body if isinstance(body, bytes) else body.encode(encoding)
    lines = [f"POST {path} HTTP/{version}", *head.strip().splitlines(), AUTHORIZATION]
    if "content-length" not in head.lower() and "transfer-encoding" not in head.lower():
        lines.append("Content-Length: {n}")
    text = "\r\n".join(lines).replace("{n}", str(len(content)))
    return text.encode("latin-1") + b"\r\n\r\n" + content


def chunked(body: str, *sizes: int) -> bytes:
    """A body in chunks of these sizes, and the rest."""
    content, out = body.encode(), b""
    for size in [*sizes, len(content)]:
        piece, content = content[:size], content[size:]
        if piece:
            out += b"%x\r\n%s\r\n" % (len(piece), piece)
    return out + b"0\r\n\r\n"


def exchange(path: Path, request: bytes) -> Answer:
    """Send a request and read its answer, then try another request on the same connection."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(PATIENCE_S)
        sock.connect(str(path))
        sock.sendall(request)
        stream = sock.makefile("rb")
        answer = _read(stream)
        try:
            sock.sendall(f"GET /ok.html HTTP/1.1\r\nHost: x\r\n{AUTHORIZATION}\r\n\r\n".encode())
            again = _read(stream)
        except OSError:
            again = Answer("", {}, b"")
        return answer._replace(then=again.status or "closed")


def _read(stream: BufferedReader) -> Answer:
    status = stream.readline().decode("latin-1").strip()
    headers: dict[str, str] = {}
    while status and (line := stream.readline().decode("latin-1").strip()):
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    if status.partition(" ")[2].startswith("100"):
        return _read(stream)
    if "content-length" in headers:
        body = stream.read(int(headers["content-length"]))
    elif headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int(stream.readline(), 16):
            body += stream.read(size)
            stream.readline()
        stream.readline()
    else:
        body = stream.read() if status else b""
    return Answer(status, headers, body)


GO = "Host: localhost\nUser-Agent: Go-http-client/1.1\nContent-Type: text/xml\nAccept-Encoding: gzip"
RUBY = """
Accept-Encoding: gzip;q=1.0,deflate;q=0.6,identity;q=0.3
Accept: */*
User-Agent: XMLRPC::Client (Ruby 3.1.2)
Host: localhost:9001
Content-Type: text/xml; charset=utf-8
Connection: keep-alive
"""
JAVA = """
Content-Type: text/xml
User-Agent: Apache XML RPC 3.1.3 (Sun HTTP Transport)
Cache-Control: no-cache
Pragma: no-cache
Host: localhost:9001
Accept: text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2
Connection: keep-alive
"""
JAVA_11 = """
Connection: Upgrade, HTTP2-Settings
HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA
Upgrade: h2c
Host: localhost
User-Agent: Java-http-client/17.0.15
Content-Type: text/xml
"""
PHP = "Host: localhost\nConnection: close\nContent-type: text/xml"
NODE = """
User-Agent: NodeJS XML-RPC Client
Content-Type: text/xml
Accept: text/xml
Accept-Charset: UTF8
Connection: Keep-Alive
Host: localhost
"""
PERL = "TE: deflate,gzip;q=0.3\nConnection: TE, close\nHost: localhost\nUser-Agent: RPC::XML::Client/1.42\nContent-Type: text/xml"
CSHARP = (
    "Content-Type: text/xml\nUser-Agent: XML-RPC.NET\nHost: localhost\nExpect: 100-continue\nConnection: Keep-Alive"
)
CURL = "Host: localhost\nUser-Agent: curl/7.88.1\nAccept: */*\nContent-Type: application/x-www-form-urlencoded"
RUST = "content-type: text/xml; charset=utf-8\nuser-agent: Rust xmlrpc\naccept: */*\nhost: localhost"


def call(method: str, params: str = "<params></params>", declaration: str = '<?xml version="1.0"?>') -> str:
    return f"{declaration}<methodCall><methodName>{method}</methodName>{params}</methodCall>"


def params(*values: str) -> str:
    return "<params>" + "".join(f"<param><value>{value}</value></param>" for value in values) + "</params>"


UTF8 = '<?xml version="1.0" encoding="UTF-8"?>'
LATIN = '<?xml version="1.0" encoding="iso-8859-1"?>\n'
INFO, READ = "supervisor.getProcessInfo", "supervisor.readProcessStdoutLog"
TALK = "<string>talk</string>"
INDENTED = """<?xml version="1.0"?>\r
<methodCall>\r
  <methodName>supervisor.readProcessStdoutLog</methodName>\r
  <params>\r
    <param>\r
      <value>\r
        <string>talk</string>\r
      </value>\r
    </param>\r
    <param>\r
      <value>\r
        <i4>0</i4>\r
      </value>\r
    </param>\r
    <param>\r
      <value>\r
        <i4>5</i4>\r
      </value>\r
    </param>\r
  </params>\r
</methodCall>"""

SHAPES = {
    "go": post(GO, call(READ, params(TALK, "<int>0</int>", "<int>5</int>"), UTF8)),
    "go, as usual": post(GO, call(INFO, params(TALK), UTF8)),
    "go, length unknown": post(f"{GO}\nTransfer-Encoding: chunked", chunked(call(INFO, params(TALK), UTF8), 10, 1, 33)),
    "ruby": post(RUBY, call("supervisor.getState", "<params/>", '<?xml version="1.0" ?>') + "\n"),
    "ruby, integers": post(RUBY, call(READ, params(TALK, "<i4>1</i4>", "<i4>3</i4>"), '<?xml version="1.0" ?>') + "\n"),
    "java, bare strings": post(JAVA, call(READ, params("talk", "<i4>0</i4>", "<i4>0</i4>"), UTF8)),
    "java, extensions": post(
        JAVA,
        f'{UTF8}<methodCall xmlns:ex="http://ws.apache.org/xmlrpc/namespaces/extensions">'
        f"<methodName>{INFO}</methodName>{params('<ex:nil/>')}</methodCall>",
    ),
    "java, long": post(JAVA, call(READ, params("talk", "<ex:i8>0</ex:i8>", "<i8>5</i8>"), UTF8)),
    "java 11": post(JAVA_11, call("supervisor.getState")),
    "sent ahead": post(GO, call("supervisor.getState")) + post(GO, call("supervisor.getPID")),
    "a line too many": post(GO, call("supervisor.getState")) + b"\r\n",
    "a line too early": b"\r\n" + post(GO, call("supervisor.getState")),
    "php": post(PHP, call("supervisor.getAPIVersion", "\n<params/>\n", LATIN), "1.0"),
    "php, iso-8859-1": post(PHP, call(INFO, params("<string>t\u00e4lk</string>"), LATIN), "1.0", encoding="latin-1"),
    "php, iso-8859-1 that is ascii": post(PHP, call(INFO, params(TALK), LATIN), "1.0"),
    "php, references": post(PHP, call(INFO, params("<string>t&#228;lk</string>"), LATIN), "1.0"),
    "node": post(NODE, call("supervisor.getState", "<params/>")),
    "node, integers": post(NODE, call(READ, params(TALK, "<int>-3</int>", "<int>0</int>"))),
    "perl": post(PERL, call("supervisor.getVersion", declaration='<?xml version="1.0" encoding="us-ascii"?>')),
    "c#": post(CSHARP, INDENTED),
    "curl": post(CURL, call("supervisor.getPID")),
    "rust": post(RUST, call(INFO, params(TALK), '<?xml version="1.0" encoding="utf-8"?>')),
    "no params": post(GO, call("supervisor.getIdentification", "")),
    "no declaration": post(GO, call("supervisor.getState", declaration="")),
    "no user agent, no type": post("Host: x", call("supervisor.getState")),
    "http/1.0": post("Content-Type: text/xml", call("supervisor.getState"), "1.0"),
    "http/1.0, kept": post("Connection: Keep-Alive", call("supervisor.getState"), "1.0"),
    "closed by the client": post("Host: x\nConnection: close", call("supervisor.getState")),
    "lower case": post("host: x\nconnection: close\ncontent-type: TEXT/XML", call("supervisor.getState")),
    "shouted": post("HOST: x\nCONTENT-TYPE: TEXT/XML\nCONTENT-LENGTH: {n}", call("supervisor.getState")),
    "header spaces": post("Host:x\nContent-Length:   {n}  ", call("supervisor.getState")),
    "chunk extensions": post(
        "Host: x\nTransfer-Encoding: chunked",
        b"5;name=value\r\n<?xml\r\n" + chunked(call("supervisor.getState")[5:], 7),
    ),
    "chunked in capitals": post("Host: x\nTransfer-Encoding: Chunked", chunked(call("supervisor.getState"))),
    "two hosts": post("Host: x\nHost: y", call("supervisor.getState")),
    "a space before a colon": post("Host: x\nX-A : b", call("supervisor.getState")),
    "a length with a sign": post("Host: x\nContent-Length: +{n}", call("supervisor.getState")),
    "a header beyond ascii": post("Host: x\nX-A: \xe4", call("supervisor.getState")),
    "a long header": post("Host: x\nX-A: " + "a" * 8000, call("supervisor.getState")),
    "many headers": post("Host: x\n" + "\n".join(f"X-{n}: {n}" for n in range(200)), call("supervisor.getState")),
    "a header in two lines": post("Host: x\nX-A: a\n b", call("supervisor.getState")),
    "gzipped": post("Host: x\nContent-Encoding: gzip", gzip.compress(call("supervisor.getState").encode(), mtime=0)),
    "boolean": post(NODE, call("supervisor.startProcess", params("<string>talk</string>", "<boolean>0</boolean>"))),
    "boolean by name": post(NODE, call("supervisor.startProcess", params(TALK, "<boolean>true</boolean>"))),
    "boolean as integer": post(NODE, call("supervisor.startProcess", params(TALK, "<int>0</int>"))),
    "double": post(NODE, call(READ, params(TALK, "<double>0</double>", "<double>5.0</double>"))),
    "nil": post(NODE, call("supervisor.startProcess", params(TALK, "<nil/>"))),
    "base64": post(NODE, call(INFO, params("<base64>dGFsaw==</base64>"))),
    "base64 in lines": post(NODE, call(INFO, params("<base64>\ndGFs\naw==\n</base64>"))),
    "date": post(NODE, call(INFO, params("<dateTime.iso8601>20260101T00:00:00</dateTime.iso8601>"))),
    "struct": post(NODE, call(INFO, params("<struct><member><name>a</name><value>b</value></member></struct>"))),
    "array": post(NODE, call(INFO, params("<array><data><value>talk</value></data></array>"))),
    "empty value": post(NODE, call(INFO, params(""))),
    "empty string": post(NODE, call(INFO, params("<string/>"))),
    "spaces in integers": post(NODE, call(READ, params(TALK, "<int> 0 </int>", "<int>\n5</int>"))),
    "a sign": post(NODE, call(READ, params(TALK, "<int>+0</int>", "<i4>+5</i4>"))),
    "spaces in strings": post(NODE, call(INFO, params("<string> talk </string>"))),
    "spaces in the method": post(NODE, call(" supervisor.getState\n")),
    "space before the declaration": post(NODE, "\n" + call("supervisor.getState")),
    "space after the end": post(NODE, call("supervisor.getState") + "\r\n\r\n "),
    "byte order mark": post(NODE, "\ufeff" + call("supervisor.getState")),
    "comment": post(NODE, call(INFO, f"<!-- a & b -->{params(TALK)}")),
    "cdata": post(NODE, call(INFO, params("<string><![CDATA[talk]]></string>"))),
    "character references": post(NODE, call(INFO, params("<string>t&#97;l&#x6b;</string>"))),
    "attributes": post(NODE, call("supervisor.getState").replace("<methodCall>", '<methodCall xmlns="urn:x" a="b">')),
    "unicode": post(NODE, call(INFO, params("<string>\u65e5\u672c</string>"), UTF8)),
    "an encoding nobody knows": post(NODE, call(INFO, params(TALK), '<?xml version="1.0" encoding="x-y"?>')),
    "single quotes": post(NODE, call(INFO, params(TALK), "<?xml version='1.0' encoding='UTF-8' standalone='yes'?>")),
    "multicall": post(
        NODE,
        call(
            "system.multicall",
            params(
                "<array><data>"
                "<value><struct><member><name>methodName</name><value>supervisor.getState</value></member>"
                "<member><name>params</name><value><array><data/></array></value></member></struct></value>"
                "<value><struct><member><name>methodName</name><value>supervisor.getProcessInfo</value></member>"
                "<member><name>params</name><value><array><data><value>nope</value></data></array></value></member>"
                "</struct></value></data></array>"
            ),
        ),
    ),
    "slash at the end": post(NODE, call("supervisor.getState"), path="/RPC2/"),
    "two slashes": post(NODE, call("supervisor.getState"), path="//RPC2"),
    "a query": post(NODE, call("supervisor.getState"), path="/RPC2?x=y"),
    "an absolute address": post(NODE, call("supervisor.getState"), path="http://localhost/RPC2"),
    "no method": post(NODE, "<methodCall><params/></methodCall>"),
    "not a call": post(NODE, "<methodResponse><params/></methodResponse>"),
    "not closed": post(NODE, call("supervisor.getState")[:-3]),
    "a word": post(NODE, "word"),
    "json": post("Host: x\nContent-Type: application/json", '{"method": "supervisor.getState"}'),
}
NO_BODY = post(NODE, "")
UTF_16 = post(NODE, call(INFO, params(TALK), '<?xml version="1.0" encoding="utf-16"?>'), encoding="utf-16")
