"""The decoder box: hostile files cost themselves, never the service."""

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from siyaj.model.errors import ErrorCode
from siyaj.signals import box as box_module
from siyaj.signals.box import MediaBox
from siyaj.signals.files import Extraction, extract_file
from tests.signals.signal_pictures import blots, file, png, zeros


def drawn(extraction: Extraction) -> list[str]:
    return sorted({one.type for one in extraction.signals})


def missing(extraction: Extraction) -> dict[str, str]:
    return {one.type: one.code for one in extraction.missing}


def decoders(parent: int | None = None) -> list[int]:
    """Process ids of the decoders that run for `parent` (for us when not given)."""
    parent = parent or os.getpid()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state = (process / "stat").read_text().rpartition(")")[2].split()
            if int(state[1]) == parent and b"box_worker" in (process / "cmdline").read_bytes():
                found.append(int(process.name))
    return found


def memory_of(process: int) -> int:
    """Resident bytes."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def soon(true: object, seconds: float = 10.0) -> bool:
    """Whether it becomes true in time."""
    until = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


@pytest.fixture(scope="module")
def plug_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A third party's signal type with every fault a decoder can have; the file says which."""
    folder = tmp_path_factory.mktemp("plug-in")
    (folder / "faulty.py").write_text(
        textwrap.dedent(
            """
            import ctypes, os, signal, sys, time
            from siyaj.model.signal import Signal
            from siyaj.signals.base import Content, ContentKind, Examples, IndexSpec

            class Faulty:
                name = "faulty"
                content_kinds = frozenset({ContentKind.FILE})
                queried_by = frozenset({"faulty"})
                index = IndexSpec("exact")

                @property
                def examples(self):
                    raise RuntimeError("no examples")

                def extract(self, content):
                    order = content.data
                    if order == b"run away":
                        while True:
                            pass
                    if order == b"sleep":
                        time.sleep(3600)
                    if order == b"die":
                        os.kill(os.getpid(), signal.SIGKILL)
                    if order == b"crash":
                        ctypes.string_at(0)
                    if order == b"leave":
                        sys.exit(3)
                    if order == b"eat":
                        return [Signal("faulty", str(len(bytearray(8 << 30))))]
                    if order == b"raise":
                        raise RuntimeError("a fault of its own")
                    if order == b"recurse":
                        return self.extract(content)
                    if order == b"print":
                        print("noise " * 10_000)
                        os.write(1, b"noise")
                    if order == b"shout":
                        return [Signal("faulty", "x" * (70 << 20))]
                    if order == b"write":
                        with open("/tmp/siyaj-was-here", "wb") as out:
                            out.write(b"x")
                    if order == b"environment":
                        return [Signal("faulty", " ".join(sorted(os.environ)))]
                    return [Signal("faulty", "fine")]

                def parse(self, value):
                    return value

            FAULTY = Faulty()
            """
        )
    )
    about = folder / "faulty-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: faulty\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[siyaj.signals]\nfaulty = faulty:FAULTY\n")
    return folder


@pytest.fixture(scope="module")
def box(plug_in: Path) -> Iterator[MediaBox]:
    with MediaBox(workers=1, seconds=3, memory_mb=512, environment={"PYTHONPATH": str(plug_in)}) as box:
        yield box


def is_well(box: MediaBox) -> bool:
    """Whether the next file is served as if nothing had happened."""
    return [s.value for s in box.extract(b"hello").signals if s.type == "faulty"] == ["fine"]


def test_it_draws_what_would_be_drawn_here(box: MediaBox) -> None:
    data = file(blots())
    apart = box.extract(data, part="file:2", name="a.png")
    here = extract_file(data, part="file:2", name="a.png")
    assert [s for s in apart.signals if s.type != "faulty"] == here.signals
    assert apart.missing == here.missing


@pytest.mark.parametrize("order", [b"die", b"crash", b"leave", b"shout"])
def test_a_decoder_that_dies_costs_its_file_only(box: MediaBox, order: bytes) -> None:
    extraction = box.extract(order, name="clip.jpg")
    assert drawn(extraction) == ["md5", "sha256"]
    assert missing(extraction)["pdq"] == ErrorCode.DECODER_KILLED
    assert is_well(box)


@pytest.mark.parametrize("order", [b"run away", b"sleep"])
def test_a_decoder_that_runs_away_is_killed_at_its_deadline(plug_in: Path, order: bytes) -> None:
    with MediaBox(workers=1, seconds=0.6, environment={"PYTHONPATH": str(plug_in)}) as box:
        box.warm()
        began = time.monotonic()
        extraction = box.extract(order, name="clip.jpg")
        assert 0.5 < time.monotonic() - began < 5
        assert missing(extraction)["pdq"] == ErrorCode.DECODER_KILLED
        assert "longer than is allowed" in extraction.missing[0].message
        assert is_well(box)
        assert box.kills == 1


def test_a_decoder_that_eats_memory_is_stopped_and_lives_on(box: MediaBox) -> None:
    assert is_well(box)
    before = _of(box)
    assert missing(box.extract(b"eat")) == {"faulty": ErrorCode.MEDIA_TOO_LARGE}
    assert is_well(box)
    assert _of(box) == before


@pytest.mark.parametrize("order", [b"raise", b"recurse"])
def test_a_fault_of_one_signal_type_leaves_the_others(box: MediaBox, order: bytes) -> None:
    extraction = box.extract(order)
    assert drawn(extraction)[:1] == ["md5"]
    assert missing(extraction) == {"faulty": ErrorCode.UNREADABLE_MEDIA}
    assert is_well(box)


def test_a_decoder_can_write_no_files(box: MediaBox) -> None:
    here = Path("/tmp/siyaj-was-here")
    here.unlink(missing_ok=True)
    assert missing(box.extract(b"write")) == {"faulty": ErrorCode.UNREADABLE_MEDIA}
    assert here.stat().st_size == 0
    here.unlink()


def test_what_text_needs_is_compiled_before_files_can_be_written_no_more() -> None:
    """Else the first text file of a new installation, and every one after it, cannot be drawn."""
    check = """
        from siyaj.signals.box_worker import warm
        warm()
        from siyaj.signals import words
        assert words._prepare.signatures
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(check)], check=True)


def test_what_a_library_prints_is_not_taken_for_an_answer(box: MediaBox, capfd: pytest.CaptureFixture[str]) -> None:
    assert "faulty" in drawn(box.extract(b"print"))
    assert is_well(box)


def test_a_decoder_knows_no_secrets(plug_in: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIYAJ_DATABASE", "postgresql://siyaj:secret@db/siyaj")
    monkeypatch.setenv("CLOUD_SECRET_KEY", "secret")
    with MediaBox(workers=1, environment={"PYTHONPATH": str(plug_in)}) as box:
        names = next(s.value for s in box.extract(b"environment").signals if s.type == "faulty").split()
    assert "PATH" in names
    assert {"SIYAJ_DATABASE", "CLOUD_SECRET_KEY"}.isdisjoint(names)


def test_a_decoder_killed_from_outside_while_it_works_costs_its_file_only(plug_in: Path) -> None:
    with MediaBox(workers=1, seconds=30, environment={"PYTHONPATH": str(plug_in)}) as box:
        box.warm()
        answers: list[Extraction] = []
        thread = threading.Thread(target=lambda: answers.append(box.extract(b"sleep", name="clip.jpg")))
        thread.start()
        time.sleep(0.2)
        for process in _of(box):
            os.kill(process, signal.SIGKILL)
        thread.join(10)
        assert missing(answers[0])["pdq"] == ErrorCode.DECODER_KILLED
        assert is_well(box)


def test_a_decoder_killed_while_idle_costs_nothing(box: MediaBox) -> None:
    assert is_well(box)
    for process in _of(box):
        os.kill(process, signal.SIGKILL)
    time.sleep(0.1)
    kills = box.kills
    assert is_well(box)
    assert box.kills == kills


def _of(box: MediaBox) -> list[int]:
    return [decoder._process.pid for decoder in box._open]


@pytest.mark.parametrize("bomb", [png(30_000, 30_000), png(20_000, 20_000, body=zeros(400_020_000))])
def test_a_png_bomb_is_refused_with_flat_memory(box: MediaBox, bomb: bytes) -> None:
    assert is_well(box)
    (process,) = _of(box)
    before = memory_of(process)
    extraction = box.extract(bomb, name="a.png")
    assert missing(extraction) == {"pdq": ErrorCode.MEDIA_TOO_LARGE}
    assert _of(box) == [process]
    assert memory_of(process) - before < 50_000_000


def test_a_picture_beyond_the_memory_allowed_is_too_large(plug_in: Path) -> None:
    data = png(9_000, 9_000, body=zeros(9_000 * 9_001))
    with MediaBox(workers=1, seconds=30, memory_mb=100) as box:
        extraction = box.extract(data, name="a.png")
    assert missing(extraction) == {"pdq": ErrorCode.MEDIA_TOO_LARGE}


def test_files_on_disk_are_opened_by_the_decoder(box: MediaBox, tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(file(blots(), "JPEG"))
    assert box.extract(path) == box.extract(path.read_bytes(), name="a.jpg")
    assert "pdq" in drawn(box.extract(path))


def test_pipes_devices_and_folders_are_not_read(box: MediaBox, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path, tmp_path / "absent"):
        extraction = box.extract(path)
        assert extraction.signals == []
        assert set(missing(extraction).values()) == {ErrorCode.UNREADABLE_MEDIA}


def test_names_need_not_be_unicode(box: MediaBox, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.jpg")
    path.write_bytes(b"hello")
    assert missing(box.extract(path)) == {"pdq": ErrorCode.UNREADABLE_MEDIA}
    assert missing(box.extract(b"hello", name="\ud800.jpg")) == {"pdq": ErrorCode.UNREADABLE_MEDIA}


def test_a_decoder_is_replaced_after_many_files(box: MediaBox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(box_module, "FILES_PER_PROCESS", 3)
    seen = set()
    for _ in range(7):
        assert is_well(box)
        seen |= set(_of(box))
    assert len(seen) >= 2
    assert len(_of(box)) == 1


def test_many_threads_share_few_decoders() -> None:
    pictures = [file(blots(200 + seed, 150, seed=seed), "JPEG") for seed in range(8)]
    expected = [extract_file(data, part=f"file:{at}") for at, data in enumerate(pictures)]
    wrong: list[int] = []
    with MediaBox(workers=2) as box:

        def work() -> None:
            for at, data in enumerate(pictures):
                if box.extract(data, part=f"file:{at}") != expected[at]:
                    wrong.append(at)

        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(_of(box)) <= 2
    assert wrong == []


def test_one_file_after_the_other_needs_one_decoder() -> None:
    with MediaBox(workers=4) as box:
        for _ in range(5):
            box.extract(b"hello")
        assert len(_of(box)) == 1


def test_closing_ends_every_decoder_also_one_at_work(plug_in: Path) -> None:
    box = MediaBox(workers=2, seconds=60, environment={"PYTHONPATH": str(plug_in)})
    box.warm()
    processes = _of(box)
    answers: list[Extraction] = []
    thread = threading.Thread(target=lambda: answers.append(box.extract(b"sleep", name="clip.jpg")))
    thread.start()
    time.sleep(0.2)
    began = time.monotonic()
    box.close()
    thread.join(10)
    assert time.monotonic() - began < 5
    assert missing(answers[0])["pdq"] == ErrorCode.DECODER_KILLED
    assert not any(Path(f"/proc/{process}").exists() for process in processes)
    assert missing(box.extract(b"later", name="a.jpg"))["pdq"] == ErrorCode.DECODER_KILLED
    box.close()


def test_decoders_end_when_their_parent_is_killed() -> None:
    code = """
        import sys, time
        from siyaj.signals.box import MediaBox
        box = MediaBox(workers=2)
        box.warm()
        print("ready", flush=True)
        time.sleep(60)
    """
    parent = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    with parent.stdout:
        assert parent.stdout.readline() == b"ready\n"
    children = decoders(parent.pid)
    assert len(children) == 2
    parent.kill()
    parent.wait()
    assert soon(lambda: not any(_runs(child) for child in children))


def _runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
