"""The user and group database of the simulated machine (passwd(5), group(5))."""

from __future__ import annotations

from sim.kernel.rules import rule


class Users:
    """Users and groups; there are `root` and `nobody` from the start."""

    __slots__ = ("_groups", "_users")

    def __init__(self) -> None:
        self._users: dict[str, tuple[str, int, int, str]] = {}
        self._groups: dict[str, tuple[str, int, tuple[str, ...]]] = {}
        self.add_user("root", 0, 0, "/root")
        self.add_user("nobody", 65534, 65534, "/nonexistent")

    def add_user(self, name: str, uid: int, gid: int, home: str = "/") -> None:
        """Enter a user; a group of the same name and number comes with it unless the gid has one."""
        self._users[name] = (name, uid, gid, home)
        if all(group[1] != gid for group in self._groups.values()):
            self.add_group(name, gid)

    def add_group(self, name: str, gid: int, members: tuple[str, ...] = ()) -> None:
        """Enter a group and the users it lists."""
        self._groups[name] = (name, gid, members)

    @rule("user-by-name-or-number")
    def user(self, name_or_uid: str) -> tuple[str, int, int, str] | None:
        """See Files.user."""
        if name_or_uid.isdigit():
            return next((one for one in self._users.values() if one[1] == int(name_or_uid)), None)
        return self._users.get(name_or_uid)

    def group(self, name_or_gid: str) -> tuple[str, int] | None:
        """See Files.group."""
        if name_or_gid.isdigit():
            return next((one[:2] for one in self._groups.values() if one[1] == int(name_or_gid)), None)
        found = self._groups.get(name_or_gid)
        return found[:2] if found else None

    def groups_of(self, name: str, gid: int) -> tuple[int, ...]:
        """See Files.groups_of."""
        more = [number for _, number, members in self._groups.values() if name in members and number != gid]
        return (gid, *more)
