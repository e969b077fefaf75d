"""All settings: one table of name, default, unit and help. Each is an environment variable `SIYAJ_<NAME>`.

`docs/operations.md` shows this table; a test keeps the two equal.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from siyaj.model.errors import UserError


def _setting(help_text: str, unit: str = "", **limits: Any) -> Meta:
    return Meta(description=help_text, extra={"unit": unit}, **limits)


def default_data() -> Path:
    """`$XDG_DATA_HOME/siyaj`, as the XDG base directory specification places it."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "siyaj"


class Settings(Struct, frozen=True, kw_only=True):
    data: Annotated[str, _setting("Folder of the database, index snapshots and evidence.")] = msgspec.field(
        default_factory=lambda: str(default_data())
    )
    database: Annotated[
        str, _setting("Database URL; empty means SQLite in the data folder. `postgresql://…` for PostgreSQL.")
    ] = ""
    policy: Annotated[str, _setting("Policy file or folder; empty means the defaults that ship with Siyaj.")] = ""
    host: Annotated[str, _setting("Address that `siyaj serve` listens on.")] = "127.0.0.1"
    port: Annotated[int, _setting("Port that `siyaj serve` listens on.", ge=0, le=65_535)] = 8_741
    secret: Annotated[
        str,
        _setting("Master keys: base64 of 32 bytes, by commas, the newest first. Empty: `secret.key` in `data`."),
    ] = ""
    public_url: Annotated[
        str,
        _setting("Address under which people reach this server, for links to appeals and reports. Empty: its own."),
    ] = ""
    appeal_url: Annotated[
        str,
        _setting("Where one may appeal, if not here; `{verdict}` in it becomes the verdict's id, `{token}` the token."),
    ] = ""
    max_request_bytes: Annotated[int, _setting("Largest JSON body.", "bytes", ge=1_024)] = 4 * 1024 * 1024
    max_media_bytes: Annotated[int, _setting("Largest multipart body.", "bytes", ge=1_024)] = 64 * 1024 * 1024
    max_files: Annotated[int, _setting("Most file parts in one request.", ge=1)] = 10
    request_seconds: Annotated[
        float, _setting("A request slower than this to arrive or be answered is refused.", "s", gt=0)
    ] = 30.0
    max_pixels: Annotated[int, _setting("Largest picture that is decoded.", "pixels", ge=1)] = 100_000_000
    decode_seconds: Annotated[float, _setting("Time for decoding one file; then its decoder is killed.", "s", gt=0)] = (
        10.0
    )
    media_wait_seconds: Annotated[
        float,
        _setting(
            "A check waits so long for its media; then words and hashes answer, `pending`. 0: until done.", "s", ge=0
        ),
    ] = 0.0
    banking_seconds: Annotated[
        float, _setting("The same for a file that is added to a bank, of which more is drawn.", "s", gt=0)
    ] = 300.0
    decode_memory_mb: Annotated[int, _setting("Memory of one decoder process.", "MiB", ge=256)] = 1_536
    decoders: Annotated[int, _setting("Decoder processes; 0 means one per core.", ge=0)] = 0
    rate_per_second: Annotated[
        float, _setting("Checks per second that one key may make; 0 means no limit.", "1/s", ge=0)
    ] = 0.0
    rate_burst: Annotated[int, _setting("Checks that one key may make at once beyond its rate.", ge=1)] = 1_000
    queue: Annotated[int, _setting("Checks that may wait; more are answered 503 with Retry-After.", ge=1)] = 10_000
    poll_seconds: Annotated[
        float,
        _setting("How often a process looks for bank changes that another process made.", "s", gt=0, le=2),
    ] = 0.5
    first_review_hours: Annotated[float, _setting("Deadline of a new case.", "h", gt=0)] = 24.0
    undo_seconds: Annotated[
        float, _setting("A decision can be undone for so long; then its actions leave.", "s", ge=0, le=600)
    ] = 10.0
    lease_minutes: Annotated[
        float, _setting("A case is held for so long after its reviewer was last seen.", "min", gt=0, le=240)
    ] = 5.0
    appeal_days: Annotated[float, _setting("Time for an appeal (DSA Article 20: at least six months).", "d", ge=1)] = (
        183.0
    )
    evidence_days: Annotated[
        float, _setting("How long evidence is kept (Regulation (EU) 2021/784, Article 6: six months).", "d", ge=1)
    ] = 183.0
    evidence_store: Annotated[
        str, _setting("Where sealed evidence goes; empty: `evidence` in the data folder. `s3://bucket/prefix` for S3.")
    ] = ""
    forms_per_hour: Annotated[float, _setting("Public forms that one network address may send.", "1/h", gt=0)] = 10.0
    life_contact: Annotated[
        str,
        _setting("Whom to notify of a threat to life (DSA Article 18), e.g. a police unit and its number."),
    ] = ""
    smtp: Annotated[
        str,
        _setting(
            "SMTP server that letters to reporters and appellants leave by, `smtps://user:password@host`; empty: none."
        ),
    ] = ""
    smtp_from: Annotated[str, _setting("E-mail address that those letters come from.")] = ""
    session_hours: Annotated[float, _setting("A session of the console ends after so long.", "h", gt=0, le=24)] = 10.0
    idle_minutes: Annotated[
        float, _setting("A session of the console ends when it was not used for so long.", "min", gt=0)
    ] = 60.0
    sample_automated: Annotated[
        float, _setting("Share of the policy's own refusals (`block`) that a person judges again, blind.", ge=0, le=1)
    ] = 0.02
    sample_cleared: Annotated[
        float, _setting("Share of what was allowed that a person judges, to find what was missed.", ge=0, le=1)
    ] = 0.0005
    sample_reviewed: Annotated[
        float, _setting("Share of reviewers' decisions that another person makes again, blind.", ge=0, le=1)
    ] = 0.05

    translation_url: Annotated[
        str,
        _setting("Translator for reviewers, as LibreTranslate's `/translate`; asked on demand only. Empty: none."),
    ] = ""
    translation_key: Annotated[str, _setting("Our key there (`api_key`), if it wants one.")] = ""
    translation_private: Annotated[
        bool, _setting("Whether the translator may be in a private network, and be asked over http.")
    ] = False
    translation_seconds: Annotated[float, _setting("A translation may take so long.", "s", gt=0, le=60)] = 10.0
    require_totp: Annotated[
        bool, _setting("Whether people with a password must set up a second factor before they work.")
    ] = True
    oidc_issuer: Annotated[
        str, _setting("OpenID Connect provider for the console, e.g. `https://login.example.org`. Empty: none.")
    ] = ""
    oidc_client_id: Annotated[str, _setting("Our id at that provider.")] = ""
    oidc_client_secret: Annotated[str, _setting("Our secret at that provider.")] = ""
    oidc_claim: Annotated[
        str, _setting("Claim that holds a person's login, e.g. `email`, which must then be verified.")
    ] = "preferred_username"


def load_settings(environment: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Read `SIYAJ_*` variables; keyword arguments that are not None win. Raises UserError naming the variable."""
    environment = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(Settings):
        variable = f"SIYAJ_{field.name.upper()}"
        raw = overrides.get(field.name)
        if raw is None:
            raw = environment.get(variable)
        if raw is None:
            continue
        try:
            values[field.name] = msgspec.convert(raw, field.type, strict=False)
        except msgspec.ValidationError as error:
            raise UserError(f"{variable}={raw!r} is not valid: {error}", hint="see `siyaj serve --help`") from None
    return Settings(**values)
