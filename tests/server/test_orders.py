"""An authority's order is a case with its own clock, once, and is closed with the decision."""

from typing import Any

from siyaj.storage import reports
from siyaj.storage.tables import cases
from tests.server.conftest import Served

ORDER = {"authority": "Sample authority", "reference": "2026/17", "text": "Remove it. You may appeal at the court."}


def order(served: Served, subject_id: str, **fields: Any) -> Any:
    body = {**ORDER, "reference": subject_id, "subject": {"kind": "item", "id": subject_id}, **fields}
    return served.client.post("/v1/orders", json=body)


def case_of(served: Served, told: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = served.client.get(f"/v1/cases/{told['case']}").json()["case"]
    return found


def test_an_order_is_a_case_due_within_its_hour(served: Served) -> None:
    answer = order(served, "o-1")
    assert answer.status_code == 202, answer.text
    case = case_of(served, answer.json())
    assert (case["origin"], case["subject"]["id"], case["deadline"]) == ("order", "o-1", answer.json()["deadline"])
    assert "order" in {reason["factor"] for reason in case["priority_reasons"]}
    assert "Sample authority, o-1" in case["reasons"][0]["text"]
    assert order(served, "o-1").json()["id"] == answer.json()["id"], "the same again is the same order"
    assert order(served, "o-1", text="other").status_code == 422


def test_an_order_joins_the_open_case_and_brings_its_deadline(served: Served) -> None:
    subject = {"kind": "item", "id": "o-2"}
    served.client.post("/v1/reports", json={"subject": subject, "reason": "praise"})
    told = order(served, "o-2", hours=0.5).json()
    case = case_of(served, told)
    assert (case["reports"], case["origin"], case["deadline"]) == (1, "order", told["deadline"])
    assert [reason["rule"] for reason in case["reasons"]] == ["order", "report"]


def test_a_decision_closes_it(served: Served) -> None:
    told = order(served, "o-3").json()
    assert told["closed_at"] is None
    with served.runtime.database.begin() as connection:
        connection.execute(cases.update().where(cases.c.id == told["case"]).values(state="closed", open_subject=None))
        reports.close_case(connection, told["case"], upheld=True, outcome="remove")
    assert served.client.get(f"/v1/orders/{told['id']}").json()["closed_at"] is not None
    assert served.client.get("/v1/orders/ord_none").status_code == 404


def test_bad_orders_are_refused(served: Served) -> None:
    assert order(served, "o-4", hours=0).status_code == 400
    assert order(served, "o-4", authority="").status_code == 400
    assert order(served, "o-4", authority="a\0b").status_code == 400
    other = served.new_key("report")
    refused = served.client.post("/v1/orders", json={}, headers={"Authorization": f"Bearer {other}"})
    assert refused.status_code == 403
