"""A plugin that cannot be imported: it raises what the environment says."""

import os

raise eval(os.environ["RAISED"])
