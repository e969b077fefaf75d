"""What Siyaj signs is verified; what somebody else made is not."""

import time
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from siyaj.client.errors import Unverified
from siyaj.client.webhooks import verify
from siyaj.delivery.webhook import Message, signed
from siyaj.model.action import ActionKind, PlatformAction
from siyaj.model.clock import now_us, to_datetime
from siyaj.model.report import Subject, SubjectKind
from siyaj.storage.endpoints import new_secret

SECRET, OTHER = new_secret(), new_secret()
ACTION = PlatformAction(
    "act_1", ActionKind.REMOVE, Subject(SubjectKind.ITEM, "م-1"), "dec_1", None, None, to_datetime(now_us())
)
BODY = msgspec.json.encode(Message("action.remove", ACTION.created_at, ACTION))


def test_what_we_sign_is_verified() -> None:
    headers = signed("act_1", int(time.time()), BODY, [SECRET, OTHER])
    assert verify(BODY, headers, SECRET) == ACTION
    assert verify(BODY, {name.title(): value for name, value in headers.items()}, [new_secret(), OTHER]) == ACTION


@pytest.mark.parametrize("change", ["body", "id", "time", "signature", "missing", "old", "secret", "bytes", "number"])
def test_what_was_changed_is_not(change: str) -> None:
    now = int(time.time())
    headers, body, secret = signed("act_1", now, BODY, [SECRET]), BODY, SECRET
    if change == "body":
        body = BODY.replace(b"remove", b"notify")
    elif change == "id":
        headers["webhook-id"] = "act_2"
    elif change == "time":
        headers["webhook-timestamp"] = str(now + 1)
    elif change == "signature":
        headers["webhook-signature"] = "v1,é v2,abc v1 ,"
    elif change == "missing":
        del headers["webhook-signature"]
    elif change == "old":
        headers = signed("act_1", now - 301, BODY, [SECRET])
    elif change == "secret":
        secret = OTHER
    elif change == "bytes":
        body = b"\xff\x00"
    else:
        headers["webhook-timestamp"] = "1e3"
    with pytest.raises(Unverified):
        verify(body, headers, secret)


@pytest.mark.parametrize("body", [b"[]", b"{}", b"\xff", b'{"type": "x", "data": {"id": "act_1"}}'])
def test_what_is_signed_and_no_action_is_not_taken_for_one(body: bytes) -> None:
    with pytest.raises(Unverified, match="no action"):
        verify(body, signed("act_1", int(time.time()), body, [SECRET]), SECRET)
    other = msgspec.json.encode(Message("action.remove", ACTION.created_at, ACTION))
    with pytest.raises(Unverified, match="its id"):
        verify(other, signed("act_9", int(time.time()), other, [SECRET]), SECRET)


@given(st.binary(max_size=300), st.text("abcdefghij_0123456789", min_size=1), st.integers(1, 3))
def test_our_signatures_are_those_of_the_standards_own_library(body: bytes, message: str, count: int) -> None:
    secrets = [new_secret() for _ in range(count)]
    now = int(time.time())
    headers = signed(message, now, body, secrets)
    for secret in secrets:
        theirs = Webhook(secret).sign(message, datetime.fromtimestamp(now, UTC), body.decode("latin-1"))
        ours = signed(message, now, body.decode("latin-1").encode(), [secret])["webhook-signature"]
        assert theirs == ours
    assert len(headers["webhook-signature"].split(" ")) == count


@given(
    st.binary(max_size=200),
    st.dictionaries(st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature", "x"]), st.text()),
)
def test_whatever_comes_is_verified_or_refused(body: bytes, headers: dict[str, str]) -> None:
    with pytest.raises(Unverified):
        verify(body, headers, SECRET)
