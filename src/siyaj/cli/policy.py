"""`siyaj policy`: is a policy well formed, and does it do what its examples say?"""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from siyaj.cli.session import SOME_FAILED, emit, out, plain, say, session
from siyaj.policy.load import load_policy
from siyaj.policy.testing import ExampleResult, test_policy

app = App(name="policy", help="Policies: check that rules are well formed; test them on their examples.")

File = Annotated[
    Path | None, Parameter(help="A policy file or folder; the one in SIYAJ_POLICY, else the defaults, if not given")
]


@app.command
def check(file: File = None, /) -> None:
    """Read a policy and say what is wrong with it: file, line, hint. Exit code 2 if anything is."""
    policy = load_policy(_chosen(file))
    if session.get().json:
        emit({"version": policy.version, "rules": len(policy.rules), "channels": len(policy.channels)})
    else:
        say(
            f"[green]well formed[/]: {len(policy.rules)} rules, {len(policy.channels)} about channels, "
            f"version {policy.version}"
        )


@app.command
def test(file: File = None, /) -> int:
    """Run the examples of every rule. Exit code 1 if a verdict is not what its example expects."""
    results = test_policy(load_policy(_chosen(file), run_examples=False))
    for result in results:
        _show(result)
    failed = sum(not result.passed for result in results)
    say(f"{len(results) - failed} examples passed, {failed} failed")
    return SOME_FAILED if failed else 0


def _chosen(file: Path | None) -> Path | None:
    configured = session.get().settings.policy
    return file or (Path(configured) if configured else None)


def _show(result: ExampleResult) -> None:
    if session.get().json:
        emit(result)
    else:
        mark = "[green]pass[/]" if result.passed else "[red]FAIL[/]"
        out.print(f"{mark}  {plain(result.rule)}: {plain(result.name)} [dim]{plain(result.message)}[/]")
