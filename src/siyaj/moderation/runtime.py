"""Everything that a running Siyaj holds, opened in order and closed in the other."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from siyaj.banks.curation import Banks
from siyaj.banks.keeper import Keeper
from siyaj.banks.lookup import Lookup
from siyaj.matching.matcher import Matcher
from siyaj.model.errors import SiyajError
from siyaj.model.settings import Settings
from siyaj.moderation.appeals.appeals import Appeals
from siyaj.moderation.appeals.statements import Links
from siyaj.moderation.casework.banked_media import BankedMedia
from siyaj.moderation.casework.cases import Cases
from siyaj.moderation.casework.decisions import Decisions
from siyaj.moderation.casework.ending import Ending
from siyaj.moderation.casework.orders import Orders
from siyaj.moderation.casework.planning import Planner
from siyaj.moderation.casework.undelivered import Undelivered
from siyaj.moderation.channels.account_returns import AccountReturns
from siyaj.moderation.channels.channels import Channels
from siyaj.moderation.checks.check import Checker
from siyaj.moderation.checks.extraction import FileDrawer
from siyaj.moderation.checks.late import LateChecks
from siyaj.moderation.checks.pipeline import Pipeline
from siyaj.moderation.checks.sightings import Sightings
from siyaj.moderation.evidence.evidence import Vault
from siyaj.moderation.people.exposure import Exposures
from siyaj.moderation.people.people import People
from siyaj.moderation.people.sessions import Sessions
from siyaj.moderation.quality.numbers import Numbers
from siyaj.moderation.quality.quality import Quality
from siyaj.moderation.reports.reported import ReportedFiles
from siyaj.moderation.reports.reports import Reports
from siyaj.policy.load import load_policy
from siyaj.signals.box import MediaBox
from siyaj.signals.registry import signal_types
from siyaj.storage import delivery_list
from siyaj.storage.blobs import Blobs
from siyaj.storage.database import Database
from siyaj.storage.keyring import Keyring


class Runtime:
    """One process's Siyaj: a database, the indexes over its banks, a policy, decoders and the pipeline."""

    def __init__(self, settings: Settings) -> None:
        """Open everything. Raises SiyajError saying what is wrong; then nothing stays open."""
        self.settings = settings
        with ExitStack() as stack:
            self.policy = load_policy(Path(settings.policy) if settings.policy else None)
            self.database = Database.open(database_url(settings))
            stack.callback(self.database.close)
            self.keyring = Keyring.open(Path(settings.data), settings.secret)
            blobs = Blobs.open(settings.evidence_store, Path(settings.data))
            self.vault = Vault(self.database, self.keyring, blobs, settings.evidence_days)
            self.people = People(self.database, self.keyring)
            self.sessions = Sessions(self.database, settings)
            self.matcher = Matcher(signal_types())
            self.keeper = Keeper(self.database, self.matcher, Path(settings.data) / "index", settings.poll_seconds)
            self.keeper.start()
            stack.callback(self.keeper.stop)
            self.banks = Banks(self.database, self.keeper.refresh)
            self.lookup = Lookup(self.database, self.matcher, self.keeper)
            self.box = MediaBox(
                workers=settings.decoders,
                seconds=settings.decode_seconds,
                banking_seconds=settings.banking_seconds,
                memory_mb=settings.decode_memory_mb,
                max_pixels=settings.max_pixels,
            )
            stack.callback(self.box.close)
            self.drawer = FileDrawer(self.box, self.lookup, self.matcher.counts)
            workers = self.box.workers
            self.channels = Channels(self.database, self.lookup, self.policy, settings)
            returns = AccountReturns(int(settings.first_review_hours * 3_600_000_000))
            sightings = Sightings(self.channels.stir, returns)
            links = Links(self.keyring, settings)
            pipeline = Pipeline(self.database, self.lookup, self.policy, sightings, links.appeal, settings)
            self.checker = Checker(pipeline, self.drawer, self.vault, workers, settings)
            stack.callback(self.checker.close)
            self.ending = Ending(self.database)
            reported = ReportedFiles(
                self.database,
                self.vault,
                self.drawer,
                self.lookup,
                self.policy,
                sightings,
                links.appeal,
                int(settings.first_review_hours * 3_600_000_000),
            )
            self.late = LateChecks(
                self.database,
                self.vault.open,
                self.checker.check_now,
                self.checker.record_now,
                reported.match,
            )
            self.reports = Reports(self.database, self.vault, settings)
            stack.callback(self.reports.close)
            self.cases = Cases(self.database, self.policy, settings)
            planner = Planner(self.policy, links)
            media = BankedMedia(self.vault, self.box, self.banks)
            stack.callback(media.close)
            self.decisions = Decisions(self.database, planner, self.banks, media)
            self.undelivered = Undelivered(self.database)
            self.orders = Orders(self.database)
            self.appeals = Appeals(self.database, planner, settings)
            self.exposure = Exposures(self.database)
            self.numbers = Numbers(self.database)
            self.quality = Quality(self.database, self.keyring, settings)
            self._stack = stack.pop_all()

    @classmethod
    def open(cls, settings: Settings) -> Self:
        return cls(settings)

    def ready(self) -> list[str]:
        """Return what keeps this process from answering; empty means ready."""
        problems = []
        if not self.keeper.ready:
            problems.append("the indexes are still loading")
        try:
            self.database.ping()
        except SiyajError as error:
            problems.append(f"the database does not answer: {error.message}")
        return problems

    def stats(self) -> dict[str, Any]:
        """Return counters for /metrics."""
        return {
            "checker": self.checker.stats(),
            "indexes": self.matcher.counts(),
            "index_bytes": self.matcher.nbytes,
            "decoder_kills": self.box.kills,
            "deliveries": self._deliveries(),
        }

    def _deliveries(self) -> dict[str, int]:
        try:
            with self.database.read() as connection:
                return delivery_list.counts(connection)
        except SiyajError:
            return {}  # /readyz says why

    def close(self) -> None:
        """Answer what was taken, write a snapshot, let go of the database."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def database_url(settings: Settings) -> str:
    """Return the database of these settings: the one named, or SQLite in the data folder."""
    return settings.database or f"sqlite:///{Path(settings.data).absolute() / 'siyaj.db'}"
