"""The loop, and what carries the core's decisions out."""
