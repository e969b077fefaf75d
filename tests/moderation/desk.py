"""A desk to decide at: cases, decisions and banks over one database, without indexes and decoders."""

import base64
from dataclasses import dataclass

import msgspec

from siyaj.banks.curation import Banks
from siyaj.model.action import ActionKind
from siyaj.model.appeal import Appeal, NewAppeal, Side
from siyaj.model.clock import now_us
from siyaj.model.decision import Decision, Draft, Exemption
from siyaj.model.event import Event, EventKind
from siyaj.model.ids import new_id
from siyaj.model.person import Person
from siyaj.model.report import NewReport, Reporter, Subject, SubjectKind
from siyaj.model.settings import Settings
from siyaj.model.signal import Signal
from siyaj.moderation.appeals.appeals import Appeals
from siyaj.moderation.appeals.statements import Links
from siyaj.moderation.casework.cases import Cases
from siyaj.moderation.casework.decisions import Decisions
from siyaj.moderation.casework.planning import Planner
from siyaj.moderation.casework.undelivered import Undelivered
from siyaj.policy.load import load_policy
from siyaj.storage import actions, reporters, reports, strikes, verdicts
from siyaj.storage.database import Database
from siyaj.storage.keyring import Keyring
from siyaj.storage.reports import NewRow
from siyaj.storage.verdicts import NewVerdict, Record, Timings
from tests.moderation.staff import new_case

POLICY = load_policy()
SECRET = base64.b64encode(bytes(range(32))).decode()


@dataclass
class Desk:
    database: Database
    settings: Settings
    cases: Cases
    decisions: Decisions
    banks: Banks
    links: Links
    appeals: Appeals
    undelivered: Undelivered

    def appeal(self, decision: str, side: Side = Side.AFFECTED, text: str = "كان هذا خبرًا صحفيًا") -> Appeal:
        return self.appeals.receive(NewAppeal(self.token(decision, side), text, "someone@example.org", "ar"))

    def token(self, decision: str, side: Side = Side.AFFECTED) -> str:
        return self.appeals.link(decision, side).rpartition("/")[2]

    def decide(self, case: str, draft: Draft, person: Person) -> Decision:
        taken = self.cases.take(case, person)
        made = self.decisions.decide(case, draft, person, taken.version)
        assert made is not None
        return made

    def weight(self, kind: str, subject_id: str) -> int:
        with self.database.read() as connection:
            return strikes.weight(connection, Subject(SubjectKind(kind), subject_id), now_us())

    def sent(self, decision: str) -> list[tuple[str, str]]:
        with self.database.read() as connection:
            return [(one.kind.value, one.subject.key) for one in actions.of_decision(connection, decision)]

    def held(
        self, case: str | None, *, text: str = "", signals: list[Signal] | None = None, action: str = "hold"
    ) -> str:
        """Give a case a verdict, as `check` writes it."""
        verdict = new_id("ver")
        event = Event("m-1", EventKind.MESSAGE, text=text, language="ar-EG")
        record = Record(event, signals or [], [], Timings(0, 0, 0))
        answer = msgspec.json.encode({"id": verdict, "event": "m-1", "action": action})
        row = NewVerdict(
            verdict, verdict, b"", "m-1", "message", "u-1", "c-1", action, "tvec", "v", case, now_us(), answer,
            msgspec.json.encode(record),
        )  # fmt: skip
        with self.database.begin() as connection:
            verdicts.insert(connection, [row])
        return verdict

    def report(self, case: str, reporter: str) -> str:
        receipt = new_id("rcp")
        given = NewReport(Subject(SubjectKind.ITEM, "m-1"), reporter=Reporter(id=reporter))
        with self.database.begin() as connection:
            known = reporters.found(connection, [reporter])
            reporters.opened(connection, [(reporter, "user")], known, now_us())
            reports.insert(
                connection,
                [
                    NewRow(receipt, receipt, b"", "item", "m-1", reporter, now_us(), msgspec.json.encode(given),
                           "other", 100, "", "", 0, case)
                ],
            )  # fmt: skip
        return receipt


def open_desk(database: Database, **settings: object) -> Desk:
    chosen = Settings(**settings)  # type: ignore[arg-type]
    links = Links(Keyring.open(None, SECRET), chosen)  # type: ignore[arg-type]
    banks = Banks(database, lambda: None)
    return Desk(
        database,
        chosen,
        Cases(database, POLICY, chosen),
        Decisions(database, Planner(POLICY, links), banks),
        banks,
        links,
        Appeals(database, Planner(POLICY, links), chosen),
        Undelivered(database),
    )


def posted(database: Database, item: str = "m-1", **fields: object) -> str:
    """Open a case about an item that somebody posted somewhere; by default a reported one."""
    given = {"account": "u-1", "channel": "c-1", "verdicts": 0, "reports": 1, **fields}
    return new_case(database, f"item:{item}", **given)  # type: ignore[arg-type]


def draft(action: str = "remove", policy: str = "tvec", exemption: str = "none", **fields: object) -> Draft:
    return msgspec.convert({"action": action, "policy": policy, "exemption": exemption, **fields}, Draft, strict=False)


NOTHING = Draft(ActionKind.NONE, Exemption.NONE)
