"""Garbage collection that holds nobody up.

Now and again Python looks through all objects for circles that nothing refers to. With the libraries of the
engines that takes a tenth of a second and more, in which nobody is served. What is there once a model has
been loaded is there to stay, so it is set aside, and only what came later is looked at.
"""

from __future__ import annotations

import gc


def collect() -> None:
    """Free what nothing refers to any more, of what was set aside as well, and set the rest aside."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
