"""The README's first command: the demo plays the main job and ends well."""

from tests.cli.conftest import Run


def test_demo_gets_every_verdict_right(siyaj: Run) -> None:
    ended = siyaj("demo", "--once", "--json")
    assert ended.code == 0, ended.err
    assert len(ended.lines) >= 20
    assert all(line["action"] == line["expect"] for line in ended.lines)
    assert "/docs" in ended.err
