"""How the schema came to be: one file a step, run in order by Alembic when the archive is opened.

A step that was released is never changed. A new one is a new file in ``versions`` whose number is
``schema.NEWEST``.
"""
