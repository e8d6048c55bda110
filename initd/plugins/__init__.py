"""Code of other people that a configuration names: found and imported, with stand-ins for what supervisor would give it."""
