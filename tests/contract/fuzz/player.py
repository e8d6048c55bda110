"""Plays a program of port calls in a world, and says after every call what came of it and what there is to see.

A program is a list of calls, `[name, argument, …]`, plain JSON. Arguments that name something (a descriptor, a kid, a
client, a file) are indexes into what is there at that moment, taken modulo its number, so that every program is valid,
however it was shortened. A call that finds nothing of its kind does nothing.
"""

from __future__ import annotations

import errno
import stat
import time
from pathlib import Path

from initd.errors import KernelError
from initd.kernel.linux import LinuxKernel
from tests.contract.linux_world import SETTLE_S
from tests.contract.world import Kid, World

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

CALM_NS = 20_000_000
"""How long the simulated world is left alone after a call: everything that takes no time has happened by then."""
GONE = "gone"
ALIVE = {"R": "alive", "S": "alive", "D": "alive", "T": "stopped", "Z": "zombie", "": GONE}
CAUGHT = (1, 10, 12, 15, 17)


class Open:
    """A descriptor of ours: its number, what it is, and the name it has in what is seen."""

    def __init__(self, name: str, kind: str, fd: int) -> None:
        self.name, self.kind, self.fd = name, kind, fd


class Player:
    """One world and what a program has made in it so far."""

    def __init__(self, world: World) -> None:
        self.world, self.kernel = world, world.kernel
        self.files = world.files
        self.open: list[Open] = []
        self.logs: list[Open] = []
        self.kids: list[Kid] = []
        self.clients: list[Any] = []
        self.made = 0
        self.kernel.catch_signals(CAUGHT)

    def call(self, call: list[Any]) -> Any:
        """Carry out one call; its result in terms that mean the same in both worlds, or the errno it was refused with."""
        try:
            return CALLS[call[0]](self, *call[1:])
        except KernelError as error:
            return f"{error.stage} {errno.errorcode.get(error.errno or 0)}"
        except OSError as error:
            return errno.errorcode.get(error.errno or 0, "?")

    def seen(self) -> dict[str, Any]:
        """Everything there is to see from here, without changing anything."""
        ready = dict(self.kernel.poll(0))
        return {
            "kids": [ALIVE.get(self.world.state(kid.pid), "?") for kid in self.kids],
            "children": len(self.kernel.children()),
            "pending": {one.name: self.kernel.pending(one.fd) for one in self.open if one.kind == "reader"},
            "signs": [self.kernel.pending(kid.stderr) for kid in self.kids],
            "ready": {one.name: ready[one.fd] for one in self.open if one.fd in ready},
            "received": [[len(client.received), client.ended] for client in self.clients],
        }

    def name(self, kind: str, fd: int) -> Open:
        """Remember a descriptor."""
        self.made += 1
        made = Open(f"{kind}{self.made}", kind, fd)
        self.open.append(made)
        return made

    def some(self, at: int, *kinds: str) -> Open | None:
        """The descriptor that an index means among those of some kinds."""
        found = [one for one in self.open if one.kind in kinds]
        return found[at % len(found)] if found else None


def _path(player: Player, name: str) -> str:
    return player.world.path(name)


def _pipe(player: Player) -> None:
    reader, writer = player.kernel.pipe()
    for kind, fd in (("reader", reader), ("writer", writer)):
        player.kernel.set_nonblocking(fd)
        player.name(kind, fd)


def _write(player: Player, at: int, size: int) -> Any:
    one = player.some(at, "writer", "connection")
    return None if one is None else player.kernel.write(one.fd, b"w" * size)


def _size(player: Player, path: str) -> int:
    """That of a file; what a directory is said to have is its file system's business."""
    size = player.files.size(path)
    return -1 if stat.S_ISDIR(player.files.stat(path)[0]) else size


def _read(player: Player, at: int, size: int) -> Any:
    one = player.some(at, "reader", "connection")
    return None if one is None else len(player.kernel.read(one.fd, size))


def _close(player: Player, at: int) -> Any:
    one = player.some(at, "reader", "writer", "listener", "connection")
    if one is None:
        return None
    player.kernel.close(one.fd)
    player.open.remove(one)
    return one.name


def _watch(player: Player, at: int, interest: int) -> Any:
    one = player.some(at, "reader", "writer", "listener", "connection")
    return None if one is None else player.kernel.watch(one.fd, interest)


def _spawn(player: Player, steps: list[Any]) -> None:
    kid = player.world.spawn(steps)
    player.kids.append(kid)
    player.name("writer", kid.stdin)
    player.name("reader", kid.stdout)


def _kill(player: Player, at: int, number: int) -> Any:
    return player.kernel.kill(player.kids[at % len(player.kids)].pid, number) if player.kids else None


def _killpg(player: Player, at: int, number: int) -> Any:
    return player.kernel.killpg(player.kids[at % len(player.kids)].pid, number) if player.kids else None


def _reap(player: Player, at: int) -> Any:
    return list(player.kernel.reap(player.kids[at % len(player.kids)].pid).values()) if player.kids else None


def _reap_others(player: Player) -> list[Any]:
    """Every dead child that is nobody's kid."""
    ours = {kid.pid for kid in player.kids}
    dead = [pid for pid in player.kernel.children() if pid not in ours and player.world.state(pid) == "Z"]
    return sorted(str(player.kernel.reap(pid).values()) for pid in dead)


def _end_others(player: Player, number: int) -> int:
    """A signal to every child that is nobody's kid."""
    ours = {kid.pid for kid in player.kids}
    others = [pid for pid in player.kernel.children() if pid not in ours]
    for pid in others:
        player.kernel.kill(pid, number)
    if isinstance(player.kernel, LinuxKernel):  # where a death takes its time; who survives that is given up on
        deadline = time.monotonic() + SETTLE_S
        while not all(map(_is_dead, others)) and time.monotonic() < deadline:
            time.sleep(0.001)
    return len(others)


def _is_dead(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] == "Z"
    except OSError:
        return True


def _listen(player: Player, name: str) -> None:
    player.name("listener", player.kernel.listen_unix(_path(player, name), 0o700, None))


def _accept(player: Player, at: int) -> Any:
    one = player.some(at, "listener")
    return None if one is None else player.name("connection", player.kernel.accept(one.fd)[0]).name


def _connect(player: Player, name: str) -> None:
    player.clients.append(player.world.connect_unix(_path(player, name)))


def _client(action: str) -> Callable[..., Any]:
    def act(player: Player, at: int, *size: int) -> Any:
        if not player.clients:
            return None
        client = player.clients[at % len(player.clients)]
        if action == "close":
            player.clients.remove(client)
        return getattr(client, action)(*[b"c" * each for each in size])

    return act


def _open_log(player: Player, name: str) -> None:
    player.made += 1
    player.logs.append(Open(f"log{player.made}", "log", player.files.open_append(_path(player, name))))


def _log(action: Callable[[Player, int, Any], Any]) -> Callable[..., Any]:
    def act(player: Player, at: int, *more: Any) -> Any:
        if not player.logs:
            return None
        return action(player, player.logs[at % len(player.logs)].fd, *more)

    return act


def _close_log(player: Player, at: int) -> Any:
    return player.files.close(player.logs.pop(at % len(player.logs)).fd) if player.logs else None


def _stat(player: Player, name: str) -> list[int]:
    mode, _ = player.files.stat(_path(player, name))
    return [stat.S_IFMT(mode)]


def _from_elsewhere(act: Callable[..., Any]) -> Callable[..., Any]:
    """Something that others put on the disk, if the name is free and there is a directory for it."""

    def put(player: Player, name: str, *more: str) -> Any:
        directory, _, last = name.rpartition("/")
        if last in player.files.listdir(_path(player, directory)):
            return None
        return act(player, _path(player, name), *[_path(player, each) for each in more])

    return put


CALLS: dict[str, Callable[..., Any]] = {
    "pipe": _pipe,
    "write": _write,
    "read": _read,
    "close": _close,
    "close-nothing": lambda player: player.kernel.close(999),
    "watch": _watch,
    "spawn": _spawn,
    "kill": _kill,
    "killpg": _killpg,
    "peek": lambda player: player.kernel.peek_exited() is not None,
    "reap": _reap,
    "reap-others": _reap_others,
    "end-others": _end_others,
    "signals": lambda player: player.kernel.take_signals(),
    "listen": _listen,
    "accept": _accept,
    "connect": _connect,
    "client-send": _client("send"),
    "client-shutdown": _client("shutdown"),
    "client-close": _client("close"),
    "open": _open_log,
    "append": _log(lambda player, fd, size: player.files.append(fd, b"a" * size)),
    "truncate": _log(lambda player, fd: player.files.truncate(fd)),
    "same": _log(lambda player, fd, name: player.files.same_file(fd, _path(player, name))),
    "close-log": _close_log,
    "size": lambda player, name: _size(player, _path(player, name)),
    "rename": lambda player, old, new: player.files.rename(_path(player, old), _path(player, new)),
    "unlink": lambda player, name: player.files.unlink(_path(player, name)),
    "read-at": lambda player, name, at, size: len(player.files.read_at(_path(player, name), at, size)),
    "listdir": lambda player, name: player.files.listdir(_path(player, name)),
    "stat": _stat,
    "executable": lambda player, name: player.files.executable(_path(player, name)),
    "read-file": lambda player, name: len(player.files.read_file(_path(player, name))),
    "write-file": lambda player, name, size: player.files.write_file(_path(player, name), b"f" * size),
    "glob": lambda player, name: len(player.files.glob(_path(player, name))),
    "mkdir": _from_elsewhere(lambda player, path: player.world.make_directory(path)),
    "link": _from_elsewhere(lambda player, path, target: player.world.link(path, target)),
}


def play(world: World, program: list[Any]) -> list[Any]:
    """What each call comes to, and what is to be seen once the simulated world is calm again."""
    player, story = Player(world), []
    for call in program:
        result = player.call(call)
        world.let_pass(CALM_NS / 1e9)
        story.append([result, player.seen()])
    return story


def replay(world: World, program: list[Any], story: list[Any]) -> str:
    """Play it in the real world, which gets time to come to what is to be seen; where it differs from the story, or ``."""
    player = Player(world)
    for at, (call, (result, seen)) in enumerate(zip(program, story)):
        ours = player.call(call)
        where = f"call {at}, {call}:\n"
        if ours != result:
            return f"{where}  simulated {result!r}\n  Linux     {ours!r}"
        try:
            world.until(lambda seen=seen: player.seen() == seen)
        except AssertionError:
            now = player.seen()
            parts = [key for key in seen if seen[key] != now[key]]
            return where + "".join(f"  {key}: simulated {seen[key]}, Linux {now[key]}\n" for key in parts)
    return ""
