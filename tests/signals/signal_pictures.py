"""Pictures that tests draw for themselves, and what is measured on them."""

import io
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

ImageFile.MAXBLOCK = 1 << 24  # noisy JPEGs are larger than Pillow's encoder expects

Rgb = NDArray[np.uint8]


def blots(width: int = 320, height: int = 240, seed: int = 1) -> Image.Image:
    """Return soft random blots in colour, large and small, as in a photo: much for PDQ to see."""
    rng = np.random.default_rng(seed)
    layers = [
        Image.fromarray(rng.integers(0, 256, (rows, rows * 4 // 3, 3), dtype=np.uint8)).resize(
            (width, height), Image.Resampling.BICUBIC
        )
        for rows in (3, 6, 12, 24)
    ]
    small = Image.blend(layers[3], layers[2], 0.6)
    mixed = Image.blend(Image.blend(small, layers[1], 0.5), layers[0], 0.5)
    return mixed.point(lambda value: max(0, min(255, int(2 * value - 128))))


def file(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def distance(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def peer_hash(pixels: Rgb) -> tuple[str, int]:
    """What the reference implementation says of RGB pixels."""
    import pdqhash

    bits, quality = pdqhash.compute(np.ascontiguousarray(pixels))
    return f"{int(''.join(map(str, bits)), 2):064x}", quality


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, *chunks: bytes, body: bytes = b"") -> bytes:
    """Return a PNG whose header says so many grey pixels; `body` is what its pixels are compressed to."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = (chunk(b"IHDR", head), *chunks, chunk(b"IDAT", body), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def zeros(size: int) -> bytes:
    """Return `size` zero bytes, compressed without ever holding them."""
    packer = zlib.compressobj(9)
    blocks = [packer.compress(bytes(1 << 20)) for _ in range(size >> 20)]
    return b"".join([*blocks, packer.compress(bytes(size & 0xFFFFF)), packer.flush()])
