"""The docs say what is true: settings, errors and commands stand in them."""

from pathlib import Path

import msgspec
import pytest

from siyaj.model.settings import Settings, default_data

ROOT = Path(__file__).parent.parent
OPEN, CLOSE = "| variable | default | unit | what it is |\n|---|---|---|---|\n", "<!-- /settings -->"


def settings_table() -> str:
    """One line for each setting, as docs/operations.md shows it."""
    lines = []
    for field in msgspec.structs.fields(Settings):
        about = msgspec.inspect.type_info(field.type)
        meta = field.type.__metadata__[0]
        default = "~/.local/share/siyaj" if field.name == "data" else field.default
        shown = f"`{default}`" if default != "" else "empty"
        assert about is not None
        lines.append(f"| `SIYAJ_{field.name.upper()}` | {shown} | {meta.extra['unit']} | {meta.description} |\n")
    return "".join(lines)


def test_operations_page_lists_every_setting() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    shown = page.split(OPEN)[1].split(CLOSE)[0]
    assert shown == settings_table()


def test_default_data_folder_follows_xdg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/somewhere")
    assert default_data() == Path("/somewhere/siyaj")


def test_changelog_and_docs_hold_no_registry_address() -> None:
    for path in ROOT.glob("*"):
        if path.is_file():
            assert "pypi.org" not in path.read_text(encoding="utf-8", errors="ignore"), path
