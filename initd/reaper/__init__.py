"""The duties of a parent, and of PID 1: reaping, and ending what is left over."""
