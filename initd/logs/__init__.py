"""Where output goes: the daemon's own log, and what its programs write."""
