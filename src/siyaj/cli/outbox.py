"""What the commands about the outbox share: the database and the keyring, without indexes and decoders."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from siyaj.cli.session import session
from siyaj.moderation.runtime import database_url
from siyaj.storage.database import Database
from siyaj.storage.keyring import Keyring


@contextmanager
def open_database() -> Iterator[Database]:
    database = Database.open(database_url(session.get().settings))
    try:
        yield database
    finally:
        database.close()


def open_keyring() -> Keyring:
    settings = session.get().settings
    return Keyring.open(Path(settings.data), settings.secret)
