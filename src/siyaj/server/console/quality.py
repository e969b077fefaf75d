"""`/console/quality`: how well people agree, how often decisions are wrong, and what was judged twice."""

from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, NamedTuple

from litestar import Controller, Response, get
from litestar.params import QueryParameter
from litestar.response import Stream
from markupsafe import Markup

from siyaj.model.numbers import AgreementLine, Kappa
from siyaj.model.person import Permission
from siyaj.model.sample import POLICY, Sample
from siyaj.moderation.runtime import Runtime
from siyaj.server.console import codes, plots, svg
from siyaj.server.console.export import MOST_ROWS, sheet
from siyaj.server.console.i18n import gettext as _
from siyaj.server.console.numbers import PERIODS, Days, error_lines
from siyaj.server.console.page import render
from siyaj.server.console.session import AnyRequest, TheRuntime
from siyaj.storage import samples

PAGE = 50
MOST_SHIFTS = 60
FEW = 30
"""Fewer pairs than these say little about a person."""


class AgreementRow(NamedTuple):
    """A line of an agreement table. `word` grades it as Landis and Koch (1977) do; empty where there are too few."""

    label: str
    value: str
    range: str
    agreed: str
    of: str
    word: str
    few: bool
    picture: Markup


class QualityController(Controller):
    path = "/quality"
    opt = {"permission": Permission.SEE_QUALITY}  # noqa: RUF012  (so Litestar types it)

    @get("/", sync_to_thread=True)
    def quality(
        self,
        request: AnyRequest,
        runtime: TheRuntime,
        days: Days = 90,
        show: Annotated[str, QueryParameter(pattern="^(all|differing|open)$")] = "differing",
        before: Annotated[int | None, QueryParameter(ge=0)] = None,
    ) -> Response[str]:
        seen, name = runtime.numbers.quality(days), namer(runtime)
        with runtime.database.read() as connection:
            listed = samples.page(
                connection, before=before, differing=show == "differing", open_only=show == "open", limit=PAGE + 1
            )
        return render(
            request,
            "quality/quality.html",
            seen=seen,
            days=days,
            show=show,
            periods=[(number, _(label)) for number, label in PERIODS],
            overall=_row("", seen.overall),
            tables=[
                (_("By reviewer"), _("Reviewer"), _rows(seen.reviewers, name)),
                (
                    _("By policy"),
                    _("Policy"),
                    _rows(seen.policies, lambda code: codes.policy_title(runtime.policy, code)),
                ),
                (_("By language"), _("Language"), _rows(seen.languages, plots.language)),
            ],
            rates=plots.rates(error_lines(seen.errors)),
            shares=runtime.quality.rates,
            samples=[sample for _number, sample in listed[:PAGE]],
            following=listed[PAGE - 1][0] if len(listed) > PAGE else None,
            care=_care(runtime, name),
            name=name,
            codes=codes,
            language=plots.language,
            percent=plots.percent,
        )

    @get("/export", sync_to_thread=True)
    def export(self, runtime: TheRuntime) -> Stream:
        header = ["sample", "stream", "verdict", "decision", "case", "language", "policy", "first_person"]
        header += ["first_action", "second_person", "second_action", "second_policy", "agrees", "drawn_at", "judged_at"]
        return sheet("samples", header, _all(runtime))


class Shift(NamedTuple):
    """How much graphic media somebody saw in a shift; `over` their own budget."""

    name: str
    day: str
    minutes: str
    revealed: str
    budget: str
    over: bool
    picture: Markup


def _care(runtime: Runtime, name: Callable[[str], str]) -> list[Shift]:
    budgets = {person.id: person.preferences.exposure_minutes for person in runtime.people.listed()}
    shifts = []
    for row in runtime.exposure.team()[:MOST_SHIFTS]:
        budget = budgets.get(row.person, 0)
        share = row.seconds / 60 / budget if budget else 0.0
        shifts.append(
            Shift(
                name(row.person),
                plots.short_day(row.day),
                plots.number(round(row.seconds / 60, 1)),
                plots.number(row.revealed),
                plots.number(budget),
                share >= 1,
                svg.bar(share, 3 if share >= 1 else 1, rtl=plots.rtl()),
            )
        )
    return shifts


def namer(runtime: Runtime) -> Callable[[str], str]:
    """Return a function from people's ids to their names; who is gone keeps their id."""
    names = {person.id: person.name for person in runtime.people.listed()}
    names[POLICY] = _("the policy")
    return lambda id_: names.get(id_, id_)


def _all(runtime: Runtime) -> Iterator[Sequence[Any]]:
    before: int | None = None
    for _page in range(MOST_ROWS // 1_000):
        with runtime.database.read() as connection:
            listed = samples.page(connection, before=before, limit=1_000)
        for _number, sample in listed:
            yield _cells(sample)
        if len(listed) < 1_000:
            return
        before = listed[-1][0]


def _cells(sample: Sample) -> list[Any]:
    return [
        sample.id,
        sample.stream.value,
        sample.verdict,
        sample.decision,
        sample.case,
        sample.language,
        sample.policy,
        sample.first_person,
        sample.first_action,
        sample.second_person,
        sample.second_action,
        sample.second_policy,
        sample.agrees,
        sample.drawn_at,
        sample.judged_at,
    ]


def _rows(lines: Sequence[AgreementLine], name: Callable[[str], str]) -> list[AgreementRow]:
    return [_row(name(line.name), line.kappa) for line in lines]


def _row(label: str, kappa: Kappa) -> AgreementRow:
    low, high, value = kappa.low or 0.0, kappa.high or 0.0, kappa.value
    return AgreementRow(
        label,
        "–" if value is None else plots.number(value),
        plots.span(kappa.low, kappa.high, plots.number),
        plots.number(kappa.agreed),
        plots.number(kappa.of),
        "" if value is None else _grade(value),
        kappa.of < FEW,
        Markup("")
        if value is None
        else svg.interval(max(0.0, value), max(0.0, low), max(0.0, high), 1.0, 2, rtl=plots.rtl()),
    )


def _grade(value: float) -> str:
    """Landis and Koch (1977)."""
    words_ = ((0.8, _("almost perfect")), (0.6, _("substantial")), (0.4, _("moderate")), (0.2, _("fair")))
    return next((word for bound, word in words_ if value > bound), _("slight") if value > 0 else _("none"))
