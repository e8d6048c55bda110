"""A container init, a supervisord and its own simulation, in one program."""

__version__ = "0.1.0"
SUPERVISOR_VERSION = "4.3.0"
"""The release of supervisor whose behaviour and interfaces are kept; what getSupervisorVersion answers."""
