"""What a database's trouble means, as a sentence for the person.

The messages of both databases are matched here and nowhere else: Python 3.10's sqlite3 tells no codes.
"""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

#: A piece of SQLite's message, and what it means; {name} is the file.
_SQLITE = (
    (
        "database is locked",
        "Another program holds the database {name}, so nothing can be written to it now. "
        "If that does not pass, close the other program.",
    ),
    (
        "database or disk is full",
        "The disk with the database {name} is full, so nothing more can be kept. Free some space.",
    ),
    (
        "readonly database",
        "VOX may not write to the database {name}. Give this account the right to write to the file and "
        "its folder.",
    ),
    (
        "unable to open database file",
        "VOX cannot open the database {name}. See that its folder exists and that this account may write "
        "there, or set VOX_DATA_DIR to another folder.",
    ),
    (
        "file is not a database",
        "{name} is not a database that VOX can read; the file may be damaged. VOX left it as it is. Move it "
        "elsewhere and start VOX again to begin a new one, or put a copy of the good one in its place.",
    ),
    (
        "malformed",
        "The database {name} is damaged. VOX left it as it is. Move it elsewhere and start VOX again to "
        "begin a new one, or put a copy of the good one in its place.",
    ),
    (
        "disk i/o error",
        "The disk could not read or write the database {name}. See that the disk is still there and well.",
    ),
)

#: The beginning of a Postgres error's code (SQLSTATE, appendix A of its manual), and what it means.
_POSTGRES = (
    ("53100", "The disk of {name} is full, so nothing more can be kept. Free some space there."),
    ("53", "{name} has no room for another connection or more work now. Trying again may help."),
    ("55P03", "Something else holds what is to be written in {name}. Trying again may help."),
    ("57014", "{name} took too long to answer. Trying again may help."),
    ("57", "{name} is shutting down or starting. VOX tries again."),
    ("28", "{name} does not let VOX in: the user or the password in VOX_DATABASE_URL is not right."),
    ("3D000", "{name} does not exist. Make it (createdb), or change VOX_DATABASE_URL."),
    (
        "42501",
        "The user in VOX_DATABASE_URL may not do this in {name}. Give that user the right to "
        "make and write tables there.",
    ),
    ("25006", "{name} can only be read now, so nothing can be kept."),
    ("40", "Something else changed the same thing in {name} at the same moment. Trying again may help."),
)

#: psycopg tells no code of a connection that was refused at the door; the server's words are in its text.
_AT_THE_DOOR = (
    ("authentication failed", "28"),
    ("no pg_hba.conf entry", "28"),
    ("no password supplied", "28"),
    ("does not exist", "3D000"),
    ("too many", "53"),
    ("starting up", "57"),
    ("shutting down", "57"),
)

_LOST = (
    "VOX does not reach {name}. See that the server runs and that the address in VOX_DATABASE_URL is right; "
    "VOX tries again by itself."
)

#: Exceptions of a connection to Postgres that broke or was never made.
_OF_CONNECTIONS = ("OperationalError", "InterfaceError")


def sentence(error: SQLAlchemyError, name: str) -> str | None:
    """What ``error`` means for the person, or None where it is not the database's trouble but a mistake
    of ours. ``name`` is the database in words."""
    if isinstance(error, PoolTimeout):
        told: str | None = "{name} is busy, and VOX waited for it in vain. Trying again may help."
    elif not isinstance(error, DBAPIError):
        return None
    elif type(error.orig).__module__.startswith("sqlite3"):
        told = _of_sqlite(str(error.orig).lower())
    else:
        told = _of_postgres(error.orig)
    return capitalized(told.format(name=name)) if told else None


def refusal(error: DBAPIError, name: str) -> str:
    """What it means that the database does not take something, however often it is tried."""
    return f"{capitalized(name)} does not take this, and trying again would not help ({_rule(error)})."


def _rule(error: DBAPIError) -> str:
    """What was broken. Nothing of what was to be written: a rule's name tells enough, and what is said
    of data repeats it."""
    if not isinstance(error, IntegrityError):
        return type(error.orig).__name__
    diagnosis = getattr(error.orig, "diag", None)
    return str(error.orig if diagnosis is None else diagnosis.message_primary)


def capitalized(told: str) -> str:
    """A sentence that begins with the name of a database, which may be that of a file."""
    return "The " + told.removeprefix("the ") if told.startswith("the ") else told


def _of_sqlite(message: str) -> str | None:
    return next((told for piece, told in _SQLITE if piece in message), None)


def _of_postgres(cause: BaseException | None) -> str | None:
    code = getattr(cause, "sqlstate", None)
    if code is None:
        code = next((code for piece, code in _AT_THE_DOOR if piece in str(cause)), None)
    if code is None or str(code).startswith("08"):
        return _LOST if type(cause).__name__ in _OF_CONNECTIONS else None
    return next((told for start, told in _POSTGRES if str(code).startswith(start)), None)
