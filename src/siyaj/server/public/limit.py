"""How often one address may send a form. Kept in memory only: who reports leaves no trace beyond the report."""

import ipaddress
import threading
import time
from collections import OrderedDict

from siyaj.model.errors import RateLimited
from siyaj.model.settings import Settings
from siyaj.server.console.i18n import gettext as _
from siyaj.server.console.session import AnyRequest

MOST_REMEMBERED = 20_000


class Limit:
    """A bucket for each address (for IPv6 each /64, which one subscriber has). Safe for many threads."""

    def __init__(self, per_hour: float, burst: int) -> None:
        self._per_second = per_hour / 3_600
        self._burst = float(burst)
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def spend(self, address: str) -> None:
        """Raises RateLimited."""
        with self._lock:
            self._spend(_network(address), time.monotonic())

    def _spend(self, key: str, now: float) -> None:
        tokens, filled_at = self._buckets.pop(key, (self._burst, now))
        tokens = min(self._burst, tokens + (now - filled_at) * self._per_second)
        if tokens < 1:
            self._buckets[key] = (tokens, now)
            raise RateLimited(
                _("Too many forms came from your network in a short time."), hint=_("Please try again in an hour.")
            )
        self._buckets[key] = (tokens - 1, now)
        if len(self._buckets) > MOST_REMEMBERED:
            self._buckets.popitem(last=False)


def limit_of(request: AnyRequest, settings: Settings) -> Limit:
    """Return the one limit of this app; made at the first form."""
    state = request.app.state
    if "form_limit" not in state:
        state["form_limit"] = Limit(settings.forms_per_hour, max(1, int(settings.forms_per_hour)))
    limit: Limit = state["form_limit"]
    return limit


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
