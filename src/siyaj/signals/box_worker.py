"""A decoder process: reads jobs, answers what it drew. Limited before it sees the first hostile byte.

Started by `box.MediaBox` as `python -m siyaj.signals.box_worker MEMORY_MB MAX_PIXELS`.
"""

import contextlib
import ctypes
import os
import resource
import stat
import sys
import warnings
from pathlib import Path
from typing import BinaryIO

import msgspec
from PIL import Image

from siyaj.model.errors import ErrorCode, SiyajError
from siyaj.signals.base import Content, ContentKind
from siyaj.signals.box import LENGTH, Job
from siyaj.signals.files import Extraction, Limits, drawn_from, extract_file, extract_path
from siyaj.signals.registry import signal_types
from siyaj.signals.show import show
from siyaj.signals.shown import Shown, View

_PR_SET_NO_NEW_PRIVS = 38


def main() -> None:
    memory_mb, max_pixels = int(sys.argv[1]), int(sys.argv[2])
    jobs, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.nice(5)  # answers to others go before decoding
    silence()
    warm()
    confine(memory_mb)
    # Pillow raises beyond twice this, also for the picture inside an icon, and warns of less.
    Image.MAX_IMAGE_PIXELS = max_pixels // 2
    warnings.simplefilter("ignore")
    _send(answers, b"ready")
    while head := jobs.read(LENGTH.size):
        job = msgspec.msgpack.decode(jobs.read(LENGTH.unpack(head)[0]), type=Job)
        limit_time(job.seconds)
        answer = _shown(job.data, job.view, max_pixels) if job.view else _answer(job, Limits(max_pixels))
        _send(answers, msgspec.msgpack.encode(answer))


def silence() -> None:
    """What a library prints must not end up among the answers; nor in a log file, which cannot grow from in here."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    if stat.S_ISREG(os.fstat(2).st_mode):
        os.dup2(nowhere, 2)


def warm() -> None:
    """Load libraries and compiled kernels while there are no limits yet, by drawing from one sound picture each.

    A plug-in that fails at that fails again at its files, one by one, and says so there.
    """
    for drawing in drawn_from(ContentKind.IMAGE):
        with contextlib.suppress(Exception):
            for _, content in drawing.examples.must_match[:1]:
                drawing.extract(content if content.kind in drawing.content_kinds else Content(ContentKind.FILE, b"x"))
    for drawing in signal_types().values():  # of a text file: what is compiled later could not be kept
        if ContentKind.TEXT in drawing.content_kinds:
            with contextlib.suppress(Exception):
                drawing.extract(Content(ContentKind.TEXT, text="some words of a text, وكلمات من نص"))
    for drawing in drawn_from(ContentKind.VIDEO):  # no video is worth the time: their libraries are loaded, that is all
        with contextlib.suppress(Exception):
            drawing.extract(Content(ContentKind.VIDEO, b"\0\0\0\x18ftypmp42"))


def confine(memory_mb: int) -> None:
    """Allow so much memory beyond what the libraries hold, no files to be written, no core dumps, no privileges."""
    if sys.platform == "linux":  # elsewhere the limit on memory is not kept, or not known
        held = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        most = held + memory_mb * 1024**2
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        ctypes.CDLL(None).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_time(seconds: float) -> None:
    """Die of oneself when no one is left who would kill: twice the time allowed, in CPU seconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime + 2 * seconds) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _answer(job: Job, limits: Limits) -> Extraction:
    types = frozenset(job.types) if job.types is not None else None
    if job.path:
        return extract_path(job.path, part=job.part, name=job.name, limits=limits, types=types, banking=job.banking)
    return extract_file(job.data, part=job.part, name=job.name, limits=limits, types=types, banking=job.banking)


def _shown(data: bytes, view: View, max_pixels: int) -> Shown:
    try:
        return show(data, view, max_pixels)
    except SiyajError as error:
        return Shown(code=error.code, message=error.message)
    except Exception as error:
        return Shown(code=ErrorCode.UNREADABLE_MEDIA, message=f"it cannot be shown: {type(error).__name__}")


def _send(answers: BinaryIO, message: bytes) -> None:
    answers.write(LENGTH.pack(len(message)) + message)
    answers.flush()


if __name__ == "__main__":
    main()
