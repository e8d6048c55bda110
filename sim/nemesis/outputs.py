"""What goes wrong at the other end of the daemon's own standard output: nobody reads it, or not fast enough, or not any more."""

from __future__ import annotations

from sim.nemesis.nemesis import Nemesis

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sim.kernel.reader import Reader
    from sim.nemesis.nemesis import Field

STREAM = "/dev/stdout"


class _OutputNemesis(Nemesis):
    def reader(self, field: Field) -> Reader:
        files = field.kernel.files
        return files.readers.get(files.tree.find(STREAM)) or files.reader(STREAM)


class OutputStalls(_OutputNemesis):
    """Whoever reads stops for a while: what is being written stays half written."""

    name, harmless = "output_stalls", False

    def act(self, field: Field) -> None:
        reader, kernel = self.reader(field), field.kernel
        reader.stall()
        kernel.at(kernel.now + self.ns(5), reader.resume)

    def heal(self, field: Field) -> None:
        super().heal(field)
        self.reader(field).resume()


class OutputTrickles(OutputStalls):
    """Whoever reads takes some bytes now and then, at any place in a line."""

    name = "output_trickles"

    def act(self, field: Field) -> None:
        reader, kernel = self.reader(field), field.kernel
        reader.stall()
        for _ in range(self.below(20)):
            kernel.at(kernel.now + self.ns(5), lambda: reader.read(1 + self.below(5_000)))


class OutputCloses(_OutputNemesis):
    """Whoever reads goes away for good."""

    name = "output_closes"

    def act(self, field: Field) -> None:
        self.reader(field).close()


OUTPUTS = (OutputStalls, OutputTrickles, OutputCloses)
