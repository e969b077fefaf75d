"""The console's harness serves the public pages too."""

from tests.console.conftest import browse, chromium, house

__all__ = ["browse", "chromium", "house"]
