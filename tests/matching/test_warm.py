"""Nobody's check waits for a compiler: what it runs was compiled before the server answered."""

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys
from pathlib import Path
from pathlib import Path
from tempfile import TemporaryDirectory
from siyaj.cli.demo import posts
from siyaj.matching.build import build_index
from siyaj.matching.matcher import Matcher
from siyaj.matching.warm import warm
from siyaj.model.signal import Signal
from siyaj.signals.base import Content, ContentKind
from siyaj.signals.registry import signal_types

def compiled():
    modules = [one for name, one in list(sys.modules.items()) if name.startswith("siyaj.")]
    values = [one for module in modules for one in vars(module).values()]
    kernels = {id(one): one for one in values if hasattr(one, "nopython_signatures")}
    return {one.__qualname__: len(one.signatures) for one in kernels.values() if one.signatures}

types = signal_types()
warm(types)
before = compiled()
matcher = Matcher(types)
matcher.add("text", [1], [posts.STATEMENT])
matcher.add("term", [2], [posts.TERM])
matcher.add("pdq", [3], ["f8f8f0cce0f4e84d0e370a22028f67f0b36e2ed596623e1d33e6339c4e9c9b22"])
found = []
for text in (posts.STATEMENT, posts.NEWS, "good morning", "", posts.STATEMENT.replace("ا", "اَ").replace("ي", "يـ")):
    content = Content(ContentKind.TEXT, text=text)
    signals = [one for name in ("text", "url") for one in types[name].extract(content)]
    found += [hit.type for its in matcher.search(signals) for hit in its]
pdq = Signal("pdq", "f8f8f0cce0f4e84d0e370a22028f67f0b36e2ed596623e1d33e6339c4e9c9b23")
found += [hit.type for its in matcher.search([pdq]) for hit in its]
with TemporaryDirectory() as folder:  # after a restart
    saved = build_index(types["pdq"].index)
    saved.add(range(1, 200), [f"{number:064x}" for number in range(1, 200)])
    saved.save(Path(folder))
    saved.load(Path(folder))
    assert saved.search([pdq])
print(sorted(set(found)), {name: count for name, count in compiled().items() if before.get(name) != count})
"""


def test_after_warming_a_check_of_words_and_hashes_compiles_nothing() -> None:
    ended = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "['pdq', 'term', 'text'] {}\n"), ended.stderr[-3_000:]


COLD = """
import sys
from pathlib import Path
from siyaj.matching import warm
from siyaj.signals.registry import signal_types
loaded = []
warm.PICTURES = "print('beside', flush=True)"  # in earnest it takes a minute of a core
warm.load_pictures = lambda: loaded.append(1)
warm.warm(signal_types())
print(len(loaded), "siyaj.matching.local_align" in sys.modules)
"""


def test_what_compares_pictures_is_compiled_too_where_anything_had_to_be(tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    for said in ("beside\n1 False\n", "0 False\n"):  # after an installation, and at the next start
        ended = subprocess.run(
            [sys.executable, "-c", COLD], capture_output=True, text=True, check=False, env=environment
        )
        assert (ended.returncode, ended.stdout) == (0, said), ended.stderr[-3_000:]
