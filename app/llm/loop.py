"""One event loop for everything asked of language model servers.

A request on a loop can be cancelled at any moment, also while it waits for a server that says
nothing; a blocking one cannot.
"""

from __future__ import annotations

from app.event_loop import EventLoop

submit = EventLoop("llm-requests").submit
