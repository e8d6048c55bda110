"""Following a log over HTTP while it is rotated: every byte comes, once and in order, as long as it is in the files."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from tests.property.worlds import World, program

LOG = "/var/log/p.log"
BACKUPS = 60
BEGIN = 1.1
CHUNKS = st.lists(
    st.tuples(st.integers(1, 400), st.sampled_from([0, 0, 0.01, 0.1, 0.24, 0.25, 0.3, 1])), min_size=1, max_size=40
)


def body(received: bytes) -> bytes:
    head, _, data = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), head
    return data


@given(chunks=CHUNKS, maxbytes=st.sampled_from([0, 100, 500, 2000]), before=st.integers(0, 1500))
def test_a_follower_gets_every_byte_however_often_the_log_is_rotated(chunks, maxbytes, before) -> None:
    first = "".join(f"<{number}>" for number in range(before))[:before]
    texts = [f"{number:03}" + "x" * size + "\n" for number, (size, _) in enumerate(chunks)]
    steps = [["write", "out", first], ["sleep", BEGIN + 0.4]]
    for text, (_, pause) in zip(texts, chunks, strict=True):
        steps += [["write", "out", text], ["sleep", pause]]
    options = {"stdout_logfile": LOG, "stdout_logfile_maxbytes": maxbytes, "stdout_logfile_backups": BACKUPS}
    world = World(program("p", **options), {"p": [*steps, ["pause"]]}, servers=True)
    clients = []

    def follow() -> None:
        clients.append(world.connect())
        clients[0].send(b"GET /logtail/p HTTP/1.0\r\n\r\n")

    world.at(BEGIN, follow)
    world.run(BEGIN + 1 + sum(pause for _, pause in chunks))
    near = b"" if maxbytes and before >= maxbytes else first.encode()[-1024:]
    assert body(bytes(clients[0].received)) == near + "".join(texts).encode()


@given(chunks=CHUNKS, maxbytes=st.sampled_from([100, 500]))
@example(chunks=[(1, 0), (91, 0.01), (63, 0.1), (29, 0.01), (63, 0)], maxbytes=100)
def test_without_backups_what_comes_is_in_order_and_the_loss_of_a_file_is_told(chunks, maxbytes) -> None:
    texts = [f"{number:03}" + "x" * size + "\n" for number, (size, _) in enumerate(chunks)]
    steps = [["sleep", BEGIN + 0.4]]
    for text, (_, pause) in zip(texts, chunks, strict=True):
        steps += [["write", "out", text], ["sleep", pause]]
    options = {"stdout_logfile": LOG, "stdout_logfile_maxbytes": maxbytes, "stdout_logfile_backups": 0}
    world = World(program("p", **options), {"p": [*steps, ["pause"]]}, servers=True)
    clients = []

    def follow() -> None:
        clients.append(world.connect())
        clients[0].send(b"GET /logtail/p HTTP/1.0\r\n\r\n")

    world.at(BEGIN, follow)
    world.run(BEGIN + 1.5 + sum(pause for _, pause in chunks))
    lines = body(bytes(clients[0].received)).decode().replace("==> File truncated <==\n", "").splitlines(keepends=True)
    kept = world.files.data(LOG).decode()
    assert [line for line in texts if line in lines] == lines
    assert kept == "".join(lines[len(lines) - kept.count("\n") :])
