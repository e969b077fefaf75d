"""Verdicts looked up, and their matches shown."""

import io
import json
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select, update

from siyaj.cli.demo import pictures as drawn
from siyaj.cli.demo import videos
from siyaj.signals.video import hash_video
from siyaj.storage.tables import exhibits
from tests.server.conftest import Served


@pytest.fixture(scope="module")
def banked(served: Served) -> Served:
    served.client.post("/v1/banks", json={"name": "shown"})
    for name, data in (("one.jpg", drawn.jpeg(drawn.landscape(1))), ("film.mp4", videos.mp4(videos.flight(3)))):
        sent = {"entry": ("entry.json", b"{}", "application/json"), "file": (name, data, "application/octet-stream")}
        assert served.client.post("/v1/banks/shown/entries", files=sent).status_code == 201
    return served


def checked(served: Served, event: str, name: str, data: bytes) -> dict[str, Any]:
    said = json.dumps({"id": event, "kind": "media"}).encode()
    sent = {"event": ("event.json", said, "application/json"), "file": (name, data, "application/octet-stream")}
    verdict = served.client.post("/v1/check", files=sent).json()
    answer: dict[str, Any] = served.client.get(f"/v1/verdicts/{verdict['id']}").json()
    return answer


ALTERED = {
    "pdq": ("a.jpg", drawn.jpeg(drawn.mirrored(drawn.squeezed(drawn.landscape(1))))),
    "local": ("b.jpg", drawn.jpeg(drawn.cropped(drawn.landscape(1)))),
    "video": ("c.mp4", videos.mp4(videos.mirrored(videos.flight(3)[20:]))),
}


@pytest.mark.parametrize("signal", ALTERED)
def test_a_stored_match_is_shown_as_a_picture(banked: Served, signal: str) -> None:
    verdict = checked(banked, f"shown-{signal}", *ALTERED[signal])
    number, match = next((at, one) for at, one in enumerate(verdict["record"]["matches"]) if one["signal"] == signal)
    assert match["bank"] == "shown"
    path = f"/v1/verdicts/{verdict['id']}/matches/{number}/explanation"
    answer = banked.client.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/png"
    shown = np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGB")).astype(int)
    assert (shown.max(axis=2) - shown.min(axis=2) > 60).mean() < 0.1  # grey, but for the outlines
    assert banked.client.get(path, params={"clear": "true"}).content != answer.content


def test_what_is_kept_of_a_verdict_is_small_where_nothing_matched(banked: Served) -> None:
    verdict = checked(banked, "nothing", "d.jpg", drawn.jpeg(drawn.landscape(55)))
    assert len(json.dumps(verdict)) < 8_000
    assert "still" not in json.dumps(verdict["record"]["signals"])


def test_what_is_not_there_is_not_shown(banked: Served) -> None:
    verdict = checked(banked, "once", *ALTERED["local"])
    for path in (f"/v1/verdicts/{verdict['id']}/matches/99/explanation", "/v1/verdicts/ver_x/matches/0/explanation"):
        answer = banked.client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    key = banked.new_key("check", name="checker")
    path = f"/v1/verdicts/{verdict['id']}/matches/0/explanation"
    assert banked.client.get(path, headers={"Authorization": f"Bearer {key}"}).status_code == 403


def test_what_is_kept_is_checked_before_it_is_drawn(banked: Served) -> None:
    verdict = checked(banked, "damaged", *ALTERED["local"])
    path = f"/v1/verdicts/{verdict['id']}/matches/0/explanation"
    assert banked.client.get(path).status_code == 200
    with banked.runtime.database.begin() as connection:
        its = exhibits.c.verdict_id == verdict["id"]
        kept = [bytes(row.data) for row in connection.execute(select(exhibits).where(its))]
        assert sum(map(len, kept)) < 90_000
        connection.execute(update(exhibits).where(its).values(data=kept[0][:5_000] + b"\xff" * 5_000))
    answer = banked.client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert "damaged" in answer.json()["detail"]


def test_a_match_on_text_has_no_picture(banked: Served) -> None:
    item = {"term": "الفانوس الأخضر"}
    assert banked.client.post("/v1/banks/shown/entries", json=item).status_code == 201
    verdict = banked.client.post(
        "/v1/check", json={"id": "words", "kind": "message", "text": "عن الفانوس الأخضر"}
    ).json()
    answer = banked.client.get(f"/v1/verdicts/{verdict['id']}/matches/0/explanation")
    assert answer.status_code == 404
    assert "could be shown" in answer.json()["detail"]


def test_a_platform_may_send_the_vpdq_list_of_a_video(banked: Served) -> None:
    data = videos.mp4(videos.flight(3)[10:])
    listed = [f"{one.hex},{one.quality},{one.timestamp:.3f}" for one in hash_video(data)]
    given = {"id": "listed", "kind": "media", "hashes": [{"type": "video", "value": json.dumps(listed)}]}
    verdict = banked.client.post("/v1/check", json=given).json()
    assert verdict["action"] == "hold"
    record = banked.client.get(f"/v1/verdicts/{verdict['id']}").json()["record"]
    assert record["matches"][0]["signal"] == "video"
    assert record["matches"][0]["segment"]["entry_start"] == pytest.approx(1.0, abs=0.6)
    wrong = {**given, "id": "wrong", "hashes": [{"type": "video", "value": '["nonsense"]'}]}
    assert banked.client.post("/v1/check", json=wrong).json()["field"] == "hashes[0].value"
