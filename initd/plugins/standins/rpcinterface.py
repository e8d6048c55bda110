"""supervisor.rpcinterface: the version of the stock interface; the interface itself is the daemon's."""

from __future__ import annotations

API_VERSION = "3.0"
