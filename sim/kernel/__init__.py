"""A deterministic kernel with a virtual clock: `SimKernel` implements the port, `SimFiles` its files."""

from sim.kernel.files import SimFiles
from sim.kernel.halt import BlockedLoop, Deadlock, EndOfRun, Halt, Killed, Livelock, Terminated
from sim.kernel.kernel import SimKernel
from sim.kernel.sockets import SimClient

__all__ = [
    "BlockedLoop",
    "Deadlock",
    "EndOfRun",
    "Halt",
    "Killed",
    "Livelock",
    "SimClient",
    "SimFiles",
    "SimKernel",
    "Terminated",
]
