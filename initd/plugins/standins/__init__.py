"""Stand-ins for supervisor's own modules, for plugins on machines where that package is not installed.

They are run under supervisor's names by `initd.plugins.entry`, never imported under ours. Each has the public names that
plugins use, with supervisor's values and behaviour (supervisord-4.3 §5.2, §6, §10); held against the real ones by a test.
"""
