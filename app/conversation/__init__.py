"""The conversation: one tab (``session``), one turn of it (``turn``), and how a turn ends (``stop``).

It speaks in the events of OpenAI's Realtime protocol, typed by the ``openai`` package, and knows
nothing of sockets: whoever listens gets the events as they happen.
"""
