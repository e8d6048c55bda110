"""Becoming another user for good: the daemon, or a forked child. setgroups(2), setgid(2), setuid(2)."""

from __future__ import annotations

import errno
import os

from initd.errors import InitdError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from initd.kernel.port import UserIdentity


class IdentityError(InitdError, OSError):
    """A user that could not be become; `text` says why in supervisord's words, or names the errno."""

    def __init__(self, number: int, text: str) -> None:
        OSError.__init__(self, number, text)
        self.text = text


def switch_user(user: UserIdentity) -> None:
    """Take on groups, gid and uid, in this order; nothing to do if the uid is ours. Raises IdentityError."""
    own = os.getuid()
    if own == user.uid:
        return
    if own != 0:
        raise IdentityError(errno.EPERM, "Can't drop privilege as nonroot user")
    try:
        os.setgroups(user.groups or (user.gid,))
    except OSError as error:
        raise IdentityError(error.errno or errno.EPERM, "Could not set groups of effective user") from error
    try:
        os.setgid(user.gid)
    except OSError as error:
        raise IdentityError(error.errno or errno.EPERM, "Could not set group id of effective user") from error
    try:
        os.setuid(user.uid)
    except OSError as error:
        number = error.errno or errno.EPERM
        raise IdentityError(number, errno.errorcode.get(number, str(number))) from error
