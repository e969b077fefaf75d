"""`make demo-matrix`: a Matrix homeserver moderated by Siyaj, and a short campaign on it, played before your eyes.

Everything runs on this machine alone, in a folder that is removed afterwards. All content is invented and harmless: the
"Blue Lantern Society" plants trees, and its statement is banked only so that there is something to recognise.
"""

import argparse
import contextlib
import signal
import tempfile
import threading
from pathlib import Path

from rich.console import Console

from trial.campaign import ACTING, Campaign
from trial.environment import CannotInstall, python
from trial.homeserver import SERVER_NAME, Homeserver
from trial.siyaj import Siyaj

say = Console(stderr=True, highlight=False, soft_wrap=True).print


def main() -> int:
    parser = argparse.ArgumentParser(prog="make demo-matrix", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after the campaign instead of serving on")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        say("[dim]Synapse, in an environment of its own (the first time takes a minute or two) …[/]")
        python()
    except CannotInstall as error:
        say(f"[red]Synapse cannot be installed here:[/] {error}")
        return 3
    with tempfile.TemporaryDirectory(prefix="siyaj-matrix-", ignore_cleanup_errors=True) as folder:
        return play(Path(folder), once=arguments.once)


def play(folder: Path, *, once: bool) -> int:
    """Return 0 when everything came out as it should, 1 when something did not."""
    siyaj = Siyaj(folder / "siyaj", SIYAJ_UNDO_SECONDS="10", SIYAJ_REQUIRE_TOTP="false")  # to look at, no code needed
    config = {"url": siyaj.address, "key": siyaj.new_key("synapse"), "state": str(folder / "module.db")}
    homeserver = Homeserver(folder / "synapse", {**config, "enforcer": f"@{ACTING}:{SERVER_NAME}"})
    try:
        say("[dim]starting Siyaj and Synapse (the first time Siyaj compiles, a minute or two) …[/]")
        siyaj.start()
        homeserver.start()
        campaign = Campaign(siyaj, homeserver, say)
        campaign.prepare()
        campaign.play()
        wrong = campaign.sum_up()
        if not once:
            _serve_on(siyaj, homeserver, campaign)
        return 1 if wrong else 0
    except KeyboardInterrupt:
        return 0
    finally:
        say("[dim]stopping both …[/]")
        homeserver.stop()
        siyaj.stop()


def _interrupted(_signal: int, _frame: object) -> None:
    """However it is told to end, both servers are stopped."""
    raise KeyboardInterrupt


def _serve_on(siyaj: Siyaj, homeserver: Homeserver, campaign: Campaign) -> None:
    say(f"\nThe console shows what happened: [bold]{siyaj.address}/console/[/]")
    say(f"   log in as [bold]{campaign.login}[/], password [bold]{campaign.password}[/]")
    say(f"The homeserver, for any Matrix client: [bold]{homeserver.address}[/]")
    say("   log in as [bold]basim[/] (or dana, faris, …), password [bold]password of basim[/]")
    say("Ctrl-C ends both.")
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()


if __name__ == "__main__":
    raise SystemExit(main())
