"""The archive: what was said, kept in a database (SQLite, or Postgres) until it is deleted.

``records`` says what is kept and imports nothing heavy. ``lazy`` opens the archive of a server, in the
background. Everything else imports SQLAlchemy, which takes most of a second: import it inside functions
where a program may do without.
"""
