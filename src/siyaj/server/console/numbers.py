"""`/console/numbers`: the dashboard. What comes in, what waits and how long, what is decided, and how often wrongly."""

from collections.abc import Iterator
from typing import Annotated, Any

from litestar import Controller, Response, get
from litestar.params import QueryParameter
from litestar.response import Stream

from siyaj.model.numbers import Dashboard, ErrorRates, Rate
from siyaj.model.person import Permission
from siyaj.moderation.runtime import Runtime
from siyaj.server.console import codes, plots
from siyaj.server.console.export import sheet
from siyaj.server.console.i18n import N_
from siyaj.server.console.i18n import gettext as _
from siyaj.server.console.page import render
from siyaj.server.console.session import AnyRequest, TheRuntime

PERIODS = ((7, N_("7 days")), (30, N_("30 days")), (90, N_("3 months")), (365, N_("1 year")))

Days = Annotated[int, QueryParameter(name="days", ge=1, le=400)]


class NumbersController(Controller):
    path = "/numbers"
    opt = {"permission": Permission.SEE_NUMBERS}  # noqa: RUF012  (so Litestar types it)

    @get("/", sync_to_thread=True)
    def dashboard(self, request: AnyRequest, runtime: TheRuntime, days: Days = 30) -> Response[str]:
        seen = runtime.numbers.dashboard(days)
        points = plots.points(seen.days)
        return render(
            request,
            "numbers/dashboard.html",
            seen=seen,
            days=days,
            periods=[(number, _(label)) for number, label in PERIODS],
            plots=[
                plots.inflow(points),
                plots.backlog(points),
                plots.waits(points),
                plots.reports(points),
                plots.appeals(points),
            ],
            bars=_bars(runtime, seen),
            rates=plots.rates(error_lines(seen.errors)),
            duration=plots.duration,
            percent=plots.percent,
        )

    @get("/export", sync_to_thread=True)
    def export(self, runtime: TheRuntime, days: Days = 30) -> Stream:
        header = ["day", "opened", "closed", "reports", "backlog"]
        header += [
            "median_seconds_to_first_look",
            "median_seconds_to_decision",
            "appeals_decided",
            "appeals_overturned",
        ]
        return sheet("numbers", header, _rows(runtime.numbers.dashboard(days)))


def _rows(seen: Dashboard) -> Iterator[list[Any]]:
    for day in seen.days:
        waits = [day.first_look, day.to_decision]
        yield [day.day, day.opened, day.closed, day.reports, day.backlog, *waits, day.appeals, day.overturned]


def _bars(runtime: Runtime, seen: Dashboard) -> list[tuple[str, str, list[plots.Bar]]]:
    return [
        (
            _("Age of what waits"),
            _("Open cases, by the time since they were opened"),
            plots.bars(seen.ages, codes.age, 3),
        ),
        (
            _("Decisions by policy"),
            _("First decisions of people"),
            plots.bars(seen.by_policy, lambda code: codes.policy_title(runtime.policy, code)),
        ),
        (_("Decisions by language"), _("First decisions of people"), plots.bars(seen.by_language, plots.language)),
        (_("Decisions by action"), _("First decisions of people"), plots.bars(seen.by_action, codes.action)),
        (_("The policy and people"), _("Who acted, and how often nothing had to be done"), plots.by_hand(seen)),
    ]


def error_lines(errors: ErrorRates) -> list[tuple[str, str, Rate]]:
    """Return the error rates with what each says, in the language of the page."""
    return [
        (
            _("Wrongly removed by the policy"),
            _("Of refusals without a person that were judged again: a person would have left it"),
            errors.wrongly_removed,
        ),
        (
            _("Wrongly left by the policy"),
            _("Of what was allowed and judged again: a person would have acted"),
            errors.wrongly_left,
        ),
        (
            _("Disputed actions of reviewers"),
            _("Another person would have left it"),
            errors.disputed_removals,
        ),
        (
            _("Disputed clearances of reviewers"),
            _("Another person would have acted"),
            errors.disputed_leaves,
        ),
    ]
