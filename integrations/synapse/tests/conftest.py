"""A real Synapse with the module, beside a real Siyaj; both on loopback, both stopped at the end."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from siyaj.cli.demo import pictures, posts
from trial.environment import CannotInstall, python
from trial.homeserver import Homeserver
from trial.siyaj import Siyaj


class Trial(NamedTuple):
    siyaj: Siyaj
    homeserver: Homeserver


@pytest.fixture(scope="session")
def synapse() -> Path:
    """Synapse's interpreter; what needs it is skipped where it cannot be had."""
    try:
        return python()
    except CannotInstall as error:
        pytest.skip(f"Synapse is not here and cannot be installed: {error}")


@pytest.fixture(scope="session")
def trial(synapse: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """Banked: a statement, and a picture."""
    folder = tmp_path_factory.mktemp("matrix")
    siyaj = Siyaj(folder / "siyaj")
    homeserver = Homeserver(folder / "synapse", module_config(siyaj, folder, enforcer="@enforcer:garden.test"))
    try:
        siyaj.start()
        siyaj.bank({"text": posts.STATEMENT}, pictures=(pictures.jpeg(pictures.landscape(100)),))
        homeserver.start()
        yield Trial(siyaj, homeserver)
    finally:
        homeserver.stop()
        siyaj.stop()


def module_config(siyaj: Siyaj, folder: Path, **more: Any) -> dict[str, Any]:
    return {"url": siyaj.address, "key": siyaj.new_key("synapse"), "state": str(folder / "module.db"), **more}
