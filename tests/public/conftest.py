"""The console's harness serves the public pages too; from one address many forms may come."""

from collections.abc import Iterator

import pytest

from siyaj.model.settings import Settings
from tests.console.conftest import House, browse, chromium
from tests.server.conftest import serve

__all__ = ["browse", "chromium"]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = str(tmp_path_factory.mktemp("public"))
    for served in serve(Settings(data=folder, decoders=1, forms_per_hour=1_000, require_totp=False)):
        yield House(served.runtime, f"http://127.0.0.1:{served.port}")
