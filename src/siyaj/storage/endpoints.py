"""Endpoints: where actions go. Their secrets are sealed; nothing here ever lists them."""

import base64
import secrets as random
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, select, update

from siyaj.model.clock import now_us, to_datetime
from siyaj.model.errors import AlreadyExists, InvalidRequest, NotFound
from siyaj.model.ids import new_id
from siyaj.storage.keyring import Keyring
from siyaj.storage.tables import endpoints

_PURPOSE = "endpoint"
_SECRET_BYTES = 32


class EndpointKind(StrEnum):
    WEBHOOK = "webhook"
    SYNAPSE = "synapse"
    POLL = "poll"
    """The platform asks (`GET /v1/actions`); nothing is sent."""
    MEMORY = "memory"
    """Keeps what it is given, for tests."""


class SigningSecret(Struct, omit_defaults=True):
    """As Standard Webhooks writes it: `whsec_` and base64. `until`, in microseconds: it was rotated out and still
    signs until then."""

    value: str
    until: int | None = None


class Secrets(Struct, omit_defaults=True):
    """What an adaptor needs: signing secrets, the newest first; the access token of an admin API."""

    signing: list[SigningSecret] = msgspec.field(default_factory=list)
    token: str = ""

    def live(self, now: int) -> list[str]:
        """Return the secrets that sign at `now`."""
        return [one.value for one in self.signing if one.until is None or one.until > now]


class Endpoint(Struct):
    """An endpoint as it is listed: never its secrets."""

    id: str
    name: str
    kind: EndpointKind
    url: str
    allow_private: bool
    created_at: datetime
    disabled_at: datetime | None = None
    disabled_why: str = ""


def add(
    connection: Connection,
    keyring: Keyring,
    name: str,
    kind: EndpointKind,
    url: str = "",
    *,
    token: str = "",
    allow_private: bool = False,
) -> tuple[Endpoint, str]:
    """Make an endpoint; return it with its signing secret, which is shown once. Actions decided from now on go there.

    Raises InvalidRequest for a name of no or strange characters, AlreadyExists for one that is taken.
    """
    if not name.strip() or len(name) > 100 or not name.isprintable():
        raise InvalidRequest("an endpoint needs a name of 1 to 100 printable characters", field="name")
    if _by_name(connection, name) is not None:
        raise AlreadyExists(f"there is an endpoint called {name!r}", field="name")
    secret = new_secret()
    endpoint = Endpoint(new_id("end"), name, kind, url, allow_private, to_datetime(now_us()))
    connection.execute(
        endpoints.insert(),
        {
            "id": endpoint.id,
            "name": name,
            "kind": kind.value,
            "url": url,
            "secrets": _seal(keyring, endpoint.id, Secrets([SigningSecret(secret)], token)),
            "allow_private": int(allow_private),
            "created_at": now_us(),
        },
    )
    return endpoint, secret


def new_secret() -> str:
    return f"whsec_{base64.b64encode(random.token_bytes(_SECRET_BYTES)).decode()}"


def get(connection: Connection, name: str) -> Endpoint:
    """Return the endpoint of this name or id. Raises NotFound."""
    row = _by_name(connection, name)
    if row is None:
        raise NotFound(f"no endpoint called {name!r}", hint="`siyaj endpoint list` shows them")
    return _endpoint(row)


def listed(connection: Connection) -> list[Endpoint]:
    return [_endpoint(row) for row in connection.execute(select(endpoints).order_by(endpoints.c.created_at))]


def secrets_of(connection: Connection, keyring: Keyring, endpoint: str) -> Secrets:
    """Return the secrets of an endpoint by id. Raises SealBroken when its key is not here, NotFound."""
    sealed = connection.execute(select(endpoints.c.secrets).where(endpoints.c.id == endpoint)).scalar_one_or_none()
    if sealed is None:
        raise NotFound(f"no endpoint {endpoint!r}")
    return msgspec.json.decode(keyring.unseal_small(bytes(sealed), _PURPOSE, endpoint), type=Secrets)


def rotate(connection: Connection, keyring: Keyring, endpoint: str, old_until: int) -> str:
    """Give an endpoint (by id) a new signing secret and return it; the one before still signs until `old_until`."""
    kept = secrets_of(connection, keyring, endpoint)
    before = [SigningSecret(one, old_until) for one in kept.live(now_us())[:1]]
    fresh = new_secret()
    changed = Secrets([SigningSecret(fresh), *before], kept.token)
    _set(connection, endpoint, secrets=_seal(keyring, endpoint, changed))
    return fresh


def set_token(connection: Connection, keyring: Keyring, endpoint: str, token: str) -> None:
    """Replace the access token of an endpoint (by id), e.g. after it expired."""
    kept = secrets_of(connection, keyring, endpoint)
    _set(connection, endpoint, secrets=_seal(keyring, endpoint, Secrets(kept.signing, token)))


def disable(connection: Connection, endpoint: str, why: str) -> None:
    """Send nothing more there (by id). What waits keeps waiting; what is decided from now on is not sent there."""
    _set(connection, endpoint, disabled_at=now_us(), disabled_why=why)


def enable(connection: Connection, endpoint: str) -> None:
    _set(connection, endpoint, disabled_at=None, disabled_why="")


def _set(connection: Connection, endpoint: str, **values: Any) -> None:
    connection.execute(update(endpoints).where(endpoints.c.id == endpoint).values(**values))


def _seal(keyring: Keyring, endpoint: str, secrets: Secrets) -> bytes:
    return keyring.seal_small(msgspec.json.encode(secrets), _PURPOSE, endpoint)


def _by_name(connection: Connection, name: str) -> Row[Any] | None:
    query = select(endpoints).where((endpoints.c.name == name) | (endpoints.c.id == name))
    return connection.execute(query.order_by(endpoints.c.id == name)).first()


def _endpoint(row: Row[Any]) -> Endpoint:
    return Endpoint(
        id=row.id,
        name=row.name,
        kind=EndpointKind(row.kind),
        url=row.url,
        allow_private=bool(row.allow_private),
        created_at=to_datetime(row.created_at),
        disabled_at=to_datetime(row.disabled_at) if row.disabled_at is not None else None,
        disabled_why=row.disabled_why,
    )
