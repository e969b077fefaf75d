"""The module's configuration. Only `url` and the key are needed; what is wrong is said when Synapse starts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HOOKS: dict[str, float] = {
    "message": 1.0,
    "media": 10.0,
    "room": 1.0,
    "member": 0.5,
    "registration": 1.0,
}
"""Each hook, and the longest that it may hold Synapse, in seconds. Synapse sets no limit of its own."""
KEPT_SECONDS, KEPT_SHARE = 0.2, 0.2
"""Of a deadline, not spent on waiting for Siyaj (the smaller of the two): what passes unchecked is written to disk, and
Synapse has its own work to do. So it is the whole send that keeps the deadline."""

OPEN, CLOSED = "open", "closed"
REFUSE, PASS = "refuse", "pass"
ALLOW, SHADOW_BAN, DENY = "allow", "shadow_ban", "deny"


class ConfigError(ValueError):
    """Says which option is wrong, and what would be right."""


@dataclass(frozen=True)
class Config:
    url: str
    """Where Siyaj answers, e.g. `http://127.0.0.1:8741`."""
    key: str = field(repr=False)
    """An API key with the scopes `check`, `report` and `state:read`."""
    state: str
    """A file that the module may write: what was let through unchecked, and which reports were sent."""
    seconds: Mapping[str, float]
    on_failure: Mapping[str, str]
    """Per hook: `open` (let it through, check it later) or `closed` (refuse it) when Siyaj gives no answer."""
    hold: str = REFUSE
    """What to do with what waits for a person: `refuse` it for now, or let it `pass` until they decided."""
    registration: Mapping[str, str] = field(default_factory=dict)
    """What a verdict does to a registration: `allow`, `shadow_ban` or `deny`."""
    enforcer: str = ""
    """The account whose token Siyaj acts with: what it does is not checked again."""
    poll_seconds: float = 0.5
    """How often the three tables of reports are looked at."""
    state_seconds: float = 10.0
    """How long it is remembered that a channel is open, limited or closed."""
    every_state_event: bool = True
    """Check room names, topics and avatars in `check_event_allowed` too: also those of administrators."""
    breaker_failures: int = 5
    """So many failures in a row, and Siyaj is not asked any more for `breaker_seconds`."""
    breaker_seconds: float = 5.0
    largest_media: int = 60 * 1024 * 1024
    """Larger uploads are not sent to Siyaj; they are let through and counted."""

    def patience(self, hook: str) -> float:
        """Return how many seconds this hook waits for Siyaj."""
        seconds = self.seconds[hook]
        return seconds - min(KEPT_SECONDS, KEPT_SHARE * seconds)


def parse(given: Mapping[str, Any]) -> Config:
    """Raises ConfigError."""
    known = {*Config.__dataclass_fields__, "key_file"}
    if unknown := sorted(set(given) - known):
        raise ConfigError(f"unknown option {unknown[0]!r}; known are {', '.join(sorted(known))}")
    values = {name: value for name, value in given.items() if name != "key_file"}
    values["url"] = _url(given.get("url"))
    values["key"] = _key(given)
    values["state"] = _state(given.get("state"))
    values["seconds"] = _seconds(given.get("seconds") or {})
    values["on_failure"] = _choices("on_failure", given.get("on_failure") or {}, HOOKS, (OPEN, CLOSED), OPEN)
    values["registration"] = {
        "hold": SHADOW_BAN,
        "block": DENY,
        **_choices("registration", given.get("registration") or {}, ("hold", "block"), (ALLOW, SHADOW_BAN, DENY)),
    }
    if values.setdefault("hold", REFUSE) not in (REFUSE, PASS):
        raise ConfigError(f"hold: {values['hold']!r} must be {REFUSE} or {PASS}")
    for name in ("poll_seconds", "state_seconds", "breaker_seconds"):
        if name in values:
            values[name] = _positive(name, values[name])
    return Config(**values)


def _url(given: Any) -> str:
    if not isinstance(given, str) or not given.startswith(("http://", "https://")):
        raise ConfigError(f"url: {given!r} must be Siyaj's address, e.g. http://127.0.0.1:8741")
    return given.rstrip("/")


def _key(given: Mapping[str, Any]) -> str:
    if "key_file" in given:
        try:
            key = Path(str(given["key_file"])).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"key_file: cannot be read: {error}") from None
    else:
        key = str(given.get("key") or "")
    if not key:
        raise ConfigError("key or key_file is needed: `siyaj key create synapse` makes one")
    return key


def _state(given: Any) -> str:
    if not isinstance(given, str) or not Path(given).parent.is_dir():
        raise ConfigError(f"state: {given!r} must be a file that Synapse may write, e.g. beside its database")
    return given


def _seconds(given: Mapping[str, Any]) -> dict[str, float]:
    if unknown := sorted(set(given) - set(HOOKS)):
        raise ConfigError(f"seconds: no hook is called {unknown[0]!r}; hooks are {', '.join(HOOKS)}")
    return {**HOOKS, **{hook: _positive(f"seconds.{hook}", value) for hook, value in given.items()}}


def _positive(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
        raise ConfigError(f"{name}: {value!r} must be a number above 0")
    return float(value)


def _choices(name: str, given: Any, keys: Any, allowed: tuple[str, ...], default: str | None = None) -> dict[str, str]:
    """Accepts one word for all, or a mapping."""
    if isinstance(given, str):
        given = dict.fromkeys(keys, given)
    for key, value in given.items():
        if key not in keys or value not in allowed:
            raise ConfigError(f"{name}: {key}: {value!r}; keys are {', '.join(keys)}, values {', '.join(allowed)}")
    return {**(dict.fromkeys(keys, default) if default else {}), **given}
