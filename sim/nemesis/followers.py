"""Clients that follow logs: they come and go, and read nothing for a while."""

from __future__ import annotations

from sim.nemesis.nemesis import Nemesis

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.nemesis.nemesis import Field

WAYS = ("/logtail/{}", "/logtail/{}/stderr", "/live/log?processname={}", "/live/log?processname={}&stream=stderr", "/mainlogtail")
MOST = 6


class LogFollowers(Nemesis):
    """Of every log there is, in both ways; some are slow, some leave, politely or not."""

    name, harmless = "log_followers", True

    def act(self, field: Field) -> None:
        kernel = field.kernel
        staying = [each for each in field.followers.all if not each.left]
        if len(staying) >= MOST:
            staying[self.below(MOST)].leave(("close", "reset")[self.below(2)])
        follower = field.followers.open(self.pick(WAYS), self.pick(field.programs))
        how = self.below(4)
        at_ns = kernel.now + self.ns(3) + 1
        if follower is None:
            return
        if how == 0:
            kernel.at(at_ns, follower.stall)
            kernel.at(at_ns + self.ns(4) + 1, follower.resume)
        elif how <= 2:
            kernel.at(at_ns, lambda: follower.leave(("close", "reset")[how - 1]))

    def heal(self, field: Field) -> None:
        super().heal(field)
        for follower in field.followers.all:
            follower.resume()
        for name in field.programs:
            field.followers.open(WAYS[0], name)


FOLLOWERS = (LogFollowers,)
