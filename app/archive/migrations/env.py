"""What Alembic runs: the steps of ``versions``, on the connection that ``app.archive.migrating`` hands in."""

from __future__ import annotations

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table=context.config.attributes["version_table"],
    # SQLite can take back changes of tables as well, since we begin its transactions ourselves.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
