"""`/console/quality`: how well people agree, how often decisions are wrong, and what was judged twice."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from litestar import Controller, Response, get
from litestar.response import Stream
from markupsafe import Markup

from siyaj.model.numbers import AgreementLine, Kappa
from siyaj.model.person import Permission
from siyaj.model.sample import POLICY, Sample
from siyaj.model.sample import Stream as Kind
from siyaj.moderation.runtime import Runtime
from siyaj.server.console import codes, listing, plots, svg
from siyaj.server.console.i18n import N_
from siyaj.server.console.i18n import gettext as _
from siyaj.server.console.listing import Column, Fetch, Filter, Listing, query_of
from siyaj.server.console.numbers import PERIODS, Days, error_lines
from siyaj.server.console.page import render
from siyaj.server.console.session import AnyRequest, TheRuntime
from siyaj.storage import samples

MOST_SHIFTS = 60
FEW = 30
"""Fewer pairs than these say little about a person."""


SHOWN = {"": N_("Judged differently"), "open": N_("Not judged yet"), "all": N_("All")}
_FILTERS = ("show", "stream")
SAMPLES = Listing(
    "samples",
    "/console/quality",
    "/console/quality/export",
    (
        Column("sample", lambda one: one.id),
        Column("stream", lambda one: one.stream.value, N_("Drawn from")),
        Column("verdict", lambda one: one.verdict),
        Column("decision", lambda one: one.decision),
        Column("first_person", lambda one: one.first_person),
        Column("first_action", lambda one: one.first_action, N_("First judgement")),
        Column("second_person", lambda one: one.second_person),
        Column("second_action", lambda one: one.second_action, N_("Second judgement")),
        Column("second_policy", lambda one: one.second_policy),
        Column("agrees", lambda one: one.agrees),
        Column("language", lambda one: one.language, N_("Language")),
        Column("policy", lambda one: one.policy),
        Column("drawn_at", lambda one: one.drawn_at, N_("Drawn"), samples.DRAWN, down=True),
        Column("judged_at", lambda one: one.judged_at, N_("Judged"), samples.JUDGED, down=True),
        Column("case", lambda one: one.case, N_("Case")),
    ),
    "-drawn_at",
    "#samples",
)


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
    def quality(self, request: AnyRequest, runtime: TheRuntime, days: Days = 90) -> Response[str]:
        seen, name, query = runtime.numbers.quality(days), namer(runtime), query_of(request, *_FILTERS)
        filters = [
            Filter("show", _("Which samples"), [(code, _(word)) for code, word in SHOWN.items()]),
            Filter("stream", _("Drawn from"), [("", _("All")), *((one.value, codes.stream(one)) for one in Kind)]),
        ]
        listed = listing.page(SAMPLES, request, {**query, "days": str(days)}, filters, _those(runtime, query))
        return render(
            request,
            "quality/quality.html",
            seen=seen,
            days=days,
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
            listed=listed,
            care=_care(runtime, name),
            name=name,
            codes=codes,
            language=plots.language,
            percent=plots.percent,
        )

    @get("/export", sync_to_thread=True)
    def export(self, request: AnyRequest, runtime: TheRuntime) -> Stream:
        return listing.sheet(SAMPLES, request, _those(runtime, query_of(request, *_FILTERS)))


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


def _those(runtime: Runtime, query: Mapping[str, str]) -> Fetch[Sample]:
    those = samples.those(
        stream=next((one for one in Kind if one.value == query["stream"]), None),
        differing=query["show"] not in ("open", "all"),
        open_only=query["show"] == "open",
    )
    return listing.of_table(runtime.database, those, listing.each(samples.from_row))


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
