"""Users and groups in options, by name or number, as the host's databases know them (supervisord-4.3 §1.5)."""

from __future__ import annotations

from initd.config.values import BadValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from initd.config.host import Host


def user_ids(text: str, host: Host) -> tuple[int, int]:
    """(uid, gid) of a user name or number that the user database has."""
    try:
        number: int | None = int(text)
    except ValueError:
        number = None
    known = host.files.user(text if number is None else str(number))
    if known is not None:
        return known[1], known[2]
    kind = "name" if number is None else "id"
    raise BadValue(f"Invalid user {kind} {text}", "expected a user of this host, by name or number")


def user_id(text: str, host: Host) -> int:
    """The uid of a user name or number."""
    return user_ids(text, host)[0]


def owner(text: str, host: Host) -> tuple[int, int]:
    """(uid, gid) of `user` or `user:group`; the gid is -1 when left out."""
    user, colon, group = text.partition(":")
    try:
        return user_id(user, host), _group_id(group, host) if colon else -1
    except BadValue as error:
        raise BadValue(f"Invalid user:group definition {text}", f"{error.text}; expected user or user:group") from None


def _group_id(text: str, host: Host) -> int:
    try:
        number: int | None = int(text)
    except ValueError:
        number = None
    known = host.files.group(text if number is None else str(number))
    if known is None:
        raise BadValue(f"Invalid group {'name' if number is None else 'id'} {text}")
    return known[1]
