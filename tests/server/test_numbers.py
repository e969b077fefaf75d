"""`/v1/numbers`: figures for a transparency report, as JSON and as CSV."""

import csv
import io

from tests.server.conftest import Served


def test_figures_of_a_period_as_json_and_csv(served: Served) -> None:
    answer = served.client.get("/v1/numbers", params={"since": "2026-01-01", "until": "2026-03-31"})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["since"], body["until"]) == ("2026-01-01", "2026-03-31")
    assert {"reports_received", "actions_automated", "appeals_overturned_rate"} <= {
        line["measure"] for line in body["lines"]
    }
    sheet = served.client.get("/v1/numbers/csv", params={"since": "2026-01-01", "until": "2026-03-31"})
    assert sheet.headers["content-type"].startswith("text/csv")
    assert "siyaj-numbers-2026-01-01-2026-03-31.csv" in sheet.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(sheet.text)))
    assert [row["measure"] for row in rows] == [line["measure"] for line in body["lines"]]


def test_without_a_period_it_is_the_last_quarter(served: Served) -> None:
    body = served.client.get("/v1/numbers").json()
    assert body["since"][8:] == "01"
    assert body["until"] > body["since"]


def test_bad_periods_and_keys_are_refused(served: Served) -> None:
    for params in ({"since": "yesterday"}, {"since": "2026-02-01", "until": "2026-01-01"}, {"until": "2026-01-01"}):
        answer = served.client.get("/v1/numbers", params=params)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    other = served.new_key("check")
    assert served.client.get("/v1/numbers", headers={"Authorization": f"Bearer {other}"}).status_code == 403
