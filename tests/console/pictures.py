"""Writes the pictures of the guides from those that the browser tests keep in `.ci/out/screens`. `make pictures` runs
this after them."""

import sys
from typing import NamedTuple

from PIL import Image

from tests.conftest import ROOT
from tests.console.conftest import SCREENS

WIDE = 960


class Picture(NamedTuple):
    """`height` of the screen's pixels, from its top; None: all of it."""

    name: str
    screen: str
    height: int | None = 800


PICTURES = (
    Picture("queue-ar", "queue-ar"),
    Picture("case-ar", "case-preview-ar"),
    Picture("keys-ar", "case-keys-ar"),
    Picture("reveal-en", "case-media-clear-en", 1_150),
    Picture("channel", "channel-en", 1_240),
)


def main() -> int:
    for one in PICTURES:
        with Image.open(SCREENS / f"{one.screen}.png") as screen:
            shown = screen.convert("RGB").crop((0, 0, screen.width, min(one.height or screen.height, screen.height)))
            small = shown.resize((WIDE, shown.height * WIDE // shown.width), Image.Resampling.LANCZOS)
        target = ROOT / "docs" / "pictures" / f"{one.name}.png"
        small.quantize(128).save(target, optimize=True)
        sys.stdout.write(f"{target.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
