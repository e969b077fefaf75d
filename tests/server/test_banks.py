"""Banks over HTTP."""

from siyaj.cli.demo.pictures import jpeg, landscape
from tests.server.conftest import Served


def test_an_entry_lives_its_life_over_http(served: Served) -> None:
    client = served.client
    assert client.post("/v1/banks", json={"name": "life", "description": "of an entry"}).status_code == 201
    assert client.post("/v1/banks", json={"name": "life"}).json()["code"] == "already_exists"
    assert client.post("/v1/banks", json={"name": "a b"}).json()["field"] == "name"
    item = {"term": "الفانوس الأزرق", "opinion": "confirmed", "labels": ["sample"]}
    entry = client.post("/v1/banks/life/entries", json=item).json()["entries"][0]
    assert entry["confirmed_by"] == ["key:amal"]
    second = {"Authorization": f"Bearer {served.new_key('banks:write', name='basim')}"}
    path = f"/v1/banks/life/entries/{entry['id']}"
    assert client.post(f"{path}/confirm", headers=second).json()["confirmed_by"] == ["key:amal", "key:basim"]
    assert client.post(f"{path}/revoke").json()["revoked_at"]
    assert client.get("/v1/banks/life/entries").json()["items"] == []
    assert len(client.get("/v1/banks/life/entries", params={"revoked": "true"}).json()["items"]) == 1
    assert client.post(f"{path}/restore").json()["revoked_at"] is None
    assert client.get(path).json()["labels"] == ["sample"]
    assert client.get("/v1/banks/life").json()["name"] == "life"
    assert "life" in {bank["name"] for bank in client.get("/v1/banks").json()["items"]}


def test_entries_page(served: Served) -> None:
    served.client.post("/v1/banks", json={"name": "pages"})
    lines = "\n".join(f"{number:032x}" for number in range(25))
    report = served.client.post("/v1/banks/pages/import", params={"format": "md5"}, content=lines + "\nnope\n").json()
    assert (report["accepted"], report["refused"]) == (25, 1)
    seen, after = [], 0
    while after is not None:
        page = served.client.get("/v1/banks/pages/entries", params={"after": after, "limit": 10}).json()
        seen += [entry["id"] for entry in page["items"]]
        after = page["next"]
    assert len(set(seen)) == 25
    export = served.client.get("/v1/banks/pages/export", params={"format": "threatexchange"}).text
    assert len(export.splitlines()) == 25


def test_files_may_be_added_as_emblems(served: Served) -> None:
    served.client.post("/v1/banks", json={"name": "marks"})
    path = "/v1/banks/marks/entries"
    item = ("entry.json", b'{"emblem": true}', "application/json")
    mark = ("mark.jpg", jpeg(landscape(3)), "image/jpeg")
    entry = served.client.post(path, files={"entry": item, "file": mark}).json()["entries"][0]
    assert {signal["type"] for signal in entry["signals"]} == {"emblem"}
    words = ("mark.txt", b"no picture at all", "text/plain")
    assert served.client.post(path, files={"entry": item, "file": words}).json()["code"] == "unreadable_media"
    assert served.client.post(path, json={"emblem": True}).json()["field"] == "emblem"


def test_nonsense_is_refused(served: Served) -> None:
    served.client.post("/v1/banks", json={"name": "strict"})
    path = "/v1/banks/strict/entries"
    assert served.client.post(path, json={}).status_code == 400
    assert served.client.post(path, json={"colour": 1}).json()["field"] == "colour"
    assert served.client.post(path, json={"text": "short"}).json()["code"] == "invalid_signal"
    assert served.client.post(path, json={"url": "https://t.me"}).json()["code"] == "invalid_signal"
    assert served.client.post("/v1/banks/nope/entries", json={"term": "something"}).json()["code"] == "not_found"
    entry = ("entry.json", b"{}", "application/json")
    sent = {"entry": entry, "file": ("a.jpg", b"no picture", "image/jpeg")}
    assert served.client.post(path, files=sent).json()["code"] == "unreadable_media"
    assert served.client.get("/v1/banks/strict/export", params={"format": "exe"}).json()["field"] == "format"
