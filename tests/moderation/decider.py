"""A reviewer who decides one case after the other, as a process of its own, until it is killed."""

import sys

from siyaj.storage.database import Database
from tests.moderation.desk import draft, open_desk, posted
from tests.moderation.staff import person


def main(url: str, name: str) -> None:
    database = Database.open(url)
    desk = open_desk(database, undo_seconds=60)
    reviewer = person(name)
    number = 0
    while True:
        number += 1
        case = posted(database, f"{name}-{number}", account=f"u-{name}-{number}", copy_key=f"sha256:{name}-{number}")
        posted(database, f"{name}-{number}-copy", account=f"u-{name}-{number}", copy_key=f"sha256:{name}-{number}")
        made = desk.decide(case, draft(copies=True), reviewer)
        if number % 2:
            desk.decisions.undo(made.id, reviewer)
        sys.stdout.write(f"{made.id}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
