"""Events of other servers, through the hook itself and with Synapse's own event class."""

import json
import os
import subprocess
from pathlib import Path

from trial.environment import HERE

FORBIDDEN = {"answer": ["M_FORBIDDEN", {"error": "no"}]}
PASSED = {"answer": "NOT_SPAM"}


def test_events_of_other_servers_are_checked_whatever_they_hold(synapse: Path, tmp_path: Path) -> None:
    command = [str(synapse), str(HERE / "tests" / "federated.py")]
    environment = {**os.environ, "PYTHONPATH": str(HERE)}
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False)
    assert ended.returncode == 0, ended.stderr
    said = [json.loads(line) for line in ended.stdout.splitlines()]
    asked = said.pop(0)
    assert (asked["hook"], asked["kind"], asked["text"]) == ("message", "message", "from afar")
    assert asked["at"], "a time beyond all calendars is now"
    assert said == [
        FORBIDDEN,
        {"hook": "room", "type": "m.room.topic", "sender": "@a:other.test"},
        FORBIDDEN,
        *[PASSED] * 4,
        {"stumbled": "message"},
        *[PASSED] * 2,
    ]
