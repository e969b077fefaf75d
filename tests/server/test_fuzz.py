"""Whatever the OpenAPI document allows, and what it does not: no 500, no undocumented status, problems are problems."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

from siyaj.model.settings import Settings
from tests.server.conftest import Served, serve


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("fuzzed")
    for served in serve(Settings(data=str(folder), decoders=1)):
        served.client.post("/v1/banks", json={"name": "known"})
        yield served


ROUTES = 16
"""At least so many operations are in the document: an empty one must not pass."""


def test_no_request_breaks_the_server(fuzzed: Served) -> None:
    schema = schemathesis.openapi.from_url(f"http://127.0.0.1:{fuzzed.port}/openapi.json")
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) >= ROUTES
    for operation in operations:
        _fuzz(operation, fuzzed)


def _fuzz(operation: APIOperation, fuzzed: Served) -> None:
    @settings(
        max_examples=20,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case: schemathesis.Case) -> None:
        answer = case.call(headers={"Authorization": f"Bearer {fuzzed.key}"}, timeout=30)
        case.validate_response(answer, checks=[not_a_server_error, status_code_conformance, content_type_conformance])

    ask()
