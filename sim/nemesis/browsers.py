"""Browsers: they come and go, read slowly, leave in the middle, press buttons, and ask for what must not be done (D19)."""

from __future__ import annotations

from sim.nemesis.nemesis import Nemesis

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.nemesis.nemesis import Field

ON_ONE = ("start", "stop", "restart", "clearlog", "startgroup", "stopgroup", "restartgroup")
FORGERIES = ("no token", "a wrong token", "an old token", "a link", "another site")
MOST = 6
LITTLE_BYTES = 4_608


class PageReaders(Nemesis):
    """Some follow the events, some ask again and again; some read nothing for a while, some leave, politely or not."""

    name, harmless = "page_readers", True

    def setup(self, field: Field) -> None:
        self._before = field.kernel.network.buffer_bytes
        if self.below(2):
            field.kernel.network.buffer_bytes = LITTLE_BYTES

    def act(self, field: Field) -> None:
        kernel = field.kernel
        browsers = [each for each in field.visitors.browsers if not each.left]
        if len(browsers) >= MOST:
            browsers[self.below(MOST)].leave(("close", "reset")[self.below(2)])
        browser = field.visitors.open(polls=self.below(4) == 0)
        how = self.below(6)
        at_ns = kernel.now + self.ns(3) + 1
        if how == 0:
            kernel.at(at_ns, browser.stall)
            kernel.at(at_ns + self.ns(4) + 1, browser.resume)
        elif how <= 3:
            manner = ("close", "reset", "shutdown")[how - 1]
            kernel.at(at_ns, lambda: None if browser.left else browser.leave(manner))

    def heal(self, field: Field) -> None:
        super().heal(field)
        field.kernel.network.buffer_bytes = self._before
        for browser in field.visitors.browsers:
            browser.resume()
        field.visitors.open()


class PageActions(Nemesis):
    """Buttons are pressed, now and then by somebody who does not wait to be told."""

    name = "page_actions"

    def setup(self, field: Field) -> None:
        field.visitors.open()

    def act(self, field: Field) -> None:
        visitors, kernel = field.visitors, field.kernel
        visit = visitors.act(self.pick(ON_ONE), self.pick(field.programs))
        if visit is not None and self.below(4) == 0:
            kernel.at(kernel.now + self.ns(1), lambda: visitors.leaves(visit))


class PageForgers(Nemesis):
    """Actions without the token, with another one, by a link or from a page of another site: nothing may come of them."""

    name, harmless = "page_forgers", True

    def setup(self, field: Field) -> None:
        field.visitors.open()

    def act(self, field: Field) -> None:
        what = self.pick((*ON_ONE, "stopall", "restartall"))
        name = "" if what.endswith("all") else self.pick(field.programs)
        field.visitors.act(what, name, self.pick(FORGERIES))


BROWSERS = (PageReaders, PageActions, PageForgers)
