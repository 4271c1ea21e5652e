"""A PostgreSQL schema of one's own: everything made in it, and nothing outside it seen."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from proving.places.keeping import Keep, never
from proving.places.naming import Name
from proving.places.refusal import PlaceLeft, PlaceRefused

#: How long a server that is up takes to answer.
_CONNECT_SECONDS = 5
#: Sessions of roles that were killed hold their locks until the server has noticed.
_DROP_TIMEOUT = "60s"


@contextmanager
def schema(url: str, name: Name, *, keep: Keep = never) -> Iterator[str]:
    """Make an empty schema, give the URL whose sessions see it alone, and drop it.

    Raises `PlaceRefused` where it exists, or may not be made, and `PlaceLeft` where it cannot be dropped.
    """
    target = make_url(url)
    if target.get_backend_name() != "postgresql":
        raise PlaceRefused(
            "a place of one's own needs PostgreSQL: WRITEOFF_DATABASE_URL names another database"
        )
    _make(target, name)
    try:
        yield _inside(target, name)
    finally:
        if not keep():
            _drop(target, name)


def _inside(target: URL, name: Name) -> str:
    """Return the URL with a search path of the schema alone: nothing in `public` can be meant by mistake."""
    given = target.query.get("options", "")
    before = given if isinstance(given, str) else " ".join(given)
    options = f'{before} -csearch_path="{name}"'.strip()
    return target.update_query_dict({"options": options}).render_as_string(hide_password=False)


def _make(target: URL, name: Name) -> None:
    here = sql.Identifier(str(name))
    try:
        with _connected(target) as connection:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(here))
            note = f"made by `writeoff {str(name).partition('-')[0]}`, and dropped when it ends"
            connection.execute(sql.SQL("COMMENT ON SCHEMA {} IS {}").format(here, note))
    except psycopg.errors.DuplicateSchema as error:
        raise PlaceRefused(
            f"the schema {name} exists already: take another seed, "
            f'or drop it if nobody needs it: DROP SCHEMA "{name}" CASCADE'
        ) from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise PlaceRefused(
            "the database's user may not make a schema: as the owner of the database, "
            f'GRANT CREATE ON DATABASE "{target.database}" TO "{target.username}"'
        ) from error
    except psycopg.Error as error:
        raise PlaceRefused(f"the database makes no schema {name}: {_first_line(error)}") from error


def _drop(target: URL, name: Name) -> None:
    try:
        with _connected(target) as connection:
            connection.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(_DROP_TIMEOUT))
            connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(str(name))))
    except psycopg.Error as error:
        raise PlaceLeft(
            f'the schema {name} is still there ({_first_line(error)}): DROP SCHEMA "{name}" CASCADE'
        ) from error


def _connected(target: URL) -> psycopg.Connection[tuple[object, ...]]:
    plain = target.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, connect_timeout=_CONNECT_SECONDS, application_name="writeoff-place")


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
