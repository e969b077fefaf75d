"""Many decide at once, with copies, banks and undoing: nobody waits for somebody who waits for them."""

import threading

import pytest

from siyaj.model.decision import DecisionKind
from siyaj.moderation import patience
from siyaj.storage import audit
from siyaj.storage.database import Database
from siyaj.storage.decisions import DecisionFilter
from tests.moderation.desk import draft, open_desk, posted
from tests.moderation.staff import person

CASES, PEOPLE = 40, 8


def test_nobody_deadlocks(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "ATTEMPTS", 1)  # a deadlock would be tried again, and not be seen
    desk = open_desk(database, undo_seconds=60)
    desk.banks.create("known", who="x")
    for number in range(CASES):
        case = posted(database, f"m-{number}", copy_key=f"sha256:{number % 8}", account=f"u-{number % 5}", verdicts=1)
        desk.held(case, text=f"نعلن لأهلنا في كل قرية أننا سنزرع ألف شجرة زيتون قبل نهاية الشتاء رقم {number}")
        desk.report(case, f"r-{number % 3}")
    faults: list[BaseException] = []

    def work(number: int) -> None:
        one = person(f"w{number}")
        try:
            while (case := desk.cases.next(one)) is not None:
                given = draft(copies=True, bank="known", deviation="x")
                made = desk.decisions.decide(case.id, given, one, case.version)
                assert made is not None
                if number % 2:
                    desk.decisions.undo(made.id, one)
                    version = desk.cases.get(case.id).version
                    desk.decisions.decide(case.id, draft(deviation="x"), one, version)
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(PEOPLE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    standing = [
        one.case
        for _, one in desk.decisions.page(DecisionFilter(kind=DecisionKind.FIRST), limit=500)
        if not one.superseded_by
    ]
    assert len(standing) == len(set(standing)) == CASES
    with database.read() as connection:
        assert not audit.verify(connection).fault
