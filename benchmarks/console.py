"""Server time of the console's pages over a large past, on SQLite and on PostgreSQL."""

import argparse
import asyncio
import re
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

from benchmarks import _databases
from benchmarks._seed import FULL, OPEN_SHARE, QUICK, Size, seed
from benchmarks.report import Row
from siyaj.model.clock import now_us
from siyaj.model.person import Locale, Preferences, Role
from siyaj.model.settings import Settings
from siyaj.moderation.runtime import Runtime
from siyaj.server.app import create_app
from siyaj.storage.database import Database

PASSWORD = "seven calm gardens"
REACH = "p95 ≤ 60 ms"


def run(arguments: argparse.Namespace) -> list[Row]:
    size, times = (QUICK, 15) if arguments.quick else (FULL, 200)
    rows = []
    with _databases.folder() as folder:
        rows += _measure("SQLite", f"sqlite:///{folder / 'siyaj.db'}", folder, size, times)
    with _databases.folder() as folder, _databases.postgres() as url:
        if url is None:
            return [*rows, Row("PostgreSQL", "–", "–", "–", REACH, "not installed, and SIYAJ_TEST_POSTGRES is not set")]
        rows += _measure("PostgreSQL", url, folder, size, times)
    return rows


def _measure(engine: str, url: str, folder: Path, size: Size, times: int) -> list[Row]:
    database = Database.open(url)
    took = seed(database, size, now_us())
    database.close()
    settings = Settings(data=str(folder), database=url, decoders=1, require_totp=False)
    with Runtime.open(settings) as runtime:
        began = time.perf_counter()
        counted = runtime.quality.catch_up()
        behind = time.perf_counter() - began
        runtime.people.create(
            "bench",
            "Bench",
            [Role.LEAD, Role.ADMIN, Role.AUDITOR],
            who="cli:bench",
            password=PASSWORD,
            preferences=Preferences(locale=Locale.AR),
        )
        pages = asyncio.run(_pages(runtime, size, times))
    note = f"{size.shown}; {times} times, warm"
    return [
        Row(f"{engine}: seeded", f"{took:.0f} s", "–", "–", "–", size.shown),
        Row(f"{engine}: daily numbers from nothing", f"{behind:.1f} s", "–", "–", "–", f"{counted:,} rows"),
        *(
            Row(f"{engine}: {name}", _shown(taken), "–", "–", REACH if name in _REACHED else "–", f"{status}; {note}")
            for name, status, taken in pages
        ),
    ]


LISTS = {
    "audit log": "/console/audit",
    "audit log, by who": "/console/audit?sort=who",
    "audit log, by what": "/console/audit?sort=-what",
    "audit log, one deed": "/console/audit?what=case.take",
    "decisions": "/console/decisions",
    "decisions, by policy": "/console/decisions?sort=policy",
    "decisions, by who decided": "/console/decisions?sort=-decided_by",
    "reports": "/console/reports",
    "reports, by reason": "/console/reports?sort=reason",
    "reports, by weight": "/console/reports?sort=-weight",
    "appeals, by decision": "/console/appeals?sort=-decided_at",
}
_REACHED = {"queue", "queue, page 20", "case", *LISTS}


async def _pages(runtime: Runtime, size: Size, times: int) -> list[tuple[str, str, list[float]]]:
    """Return name, status and seconds of each page. No network: the app is called as uvicorn calls it."""
    transport = httpx.ASGITransport(create_app(runtime))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=120) as client:
        await _sign_in(client)
        numbers = [OPEN_SHARE * (1 + turn * 37 % (size.cases // OPEN_SHARE)) for turn in range(times)]
        third = await _behind(client, 20)
        return [
            await _timed(client, "queue", ["/console/queue"] * times),
            await _timed(client, "queue, page 20", [third] * times),
            await _timed(client, "queue in one language", ["/console/queue?language=ar"] * times),
            await _timed(client, "case", [f"/console/cases/case_{number}" for number in numbers]),
            await _timed(client, "dashboard, 30 days", ["/console/numbers?days=30"] * max(5, times // 4)),
            await _timed(client, "dashboard, 90 days", ["/console/numbers?days=90"] * max(5, times // 4)),
            await _timed(client, "quality", ["/console/quality"] * max(5, times // 4)),
            *[await _timed(client, name, [place] * max(5, times // 4)) for name, place in LISTS.items()],
        ]


async def _sign_in(client: httpx.AsyncClient) -> None:
    page = await client.get("/console/login")
    token = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert token, page.text[:500]
    fields = {"csrf": token[1], "login": "bench", "password": PASSWORD}
    answer = await client.post("/console/login", data=fields)
    assert answer.status_code == 303, answer.text[:500]


async def _behind(client: httpx.AsyncClient, pages: int) -> str:
    """Return the address of a later page, by following `next`."""
    address = "/console/queue"
    for _ in range(pages - 1):
        page = await client.get(address)
        following = re.findall(r'href="(/console/queue\?[^"]*(?:after|cursor)=[^"]+)"', page.text)
        if not following:
            break
        address = following[-1].replace("&amp;", "&")
    return address


async def _timed(client: httpx.AsyncClient, name: str, addresses: Sequence[str]) -> tuple[str, str, list[float]]:
    await client.get(addresses[0])
    taken, statuses = [], set()
    for address in addresses:
        began = time.perf_counter()
        answer = await client.get(address)
        taken.append(time.perf_counter() - began)
        statuses.add(answer.status_code)
    return name, "/".join(map(str, sorted(statuses))), sorted(taken)


def _shown(taken: list[float]) -> str:
    middle, late = taken[len(taken) // 2], taken[min(len(taken) - 1, int(len(taken) * 0.95))]
    return f"p50 {middle * 1e3:.1f} ms, p95 {late * 1e3:.1f} ms"
