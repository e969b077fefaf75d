"""`/console/policy`: read the rules, try an event against them, and see what another version would change."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import yaml
from litestar import Controller, Response, get, post
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.response import Stream

from siyaj.model.errors import InvalidRequest, UserError
from siyaj.model.event import Event
from siyaj.model.person import Permission
from siyaj.model.verdict import Action
from siyaj.moderation.checks.trial import Trial, recent, try_event
from siyaj.policy.backtest import backtest
from siyaj.policy.compare import diff_policies
from siyaj.policy.evaluate import Policy
from siyaj.policy.load import DEFAULTS, load_policy
from siyaj.policy.problems import FaultyPolicy
from siyaj.policy.rules import Mode, Rule
from siyaj.policy.testing import ExampleResult, test_policy
from siyaj.server.console import codes, listing
from siyaj.server.console.casework import clauses, words
from siyaj.server.console.i18n import N_
from siyaj.server.console.i18n import gettext as _
from siyaj.server.console.listing import Column, Fetch, Filter, Listing, query_of
from siyaj.server.console.page import render
from siyaj.server.console.session import AnyRequest, TheForm, TheRuntime

MOST_PAST = 2_000
"""Newest verdicts that another version is tried on."""
MOST_BYTES = 2 * 1024 * 1024


def _condition(rule: Rule) -> str:
    """Return a rule's conditions as they are written in its file."""
    asked: dict[str, Any] = {"when": msgspec.to_builtins(rule.when)}
    if rule.unless is not None:
        asked["unless"] = msgspec.to_builtins(rule.unless)
        asked["otherwise"] = str(rule.otherwise) if rule.otherwise else "nothing"
    return yaml.safe_dump(asked, allow_unicode=True, sort_keys=False, width=90).rstrip()


_SEE = {"permission": Permission.SEE_POLICY}
_FILTERS = ("text", "then", "mode")
RULES = Listing(
    "rules",
    "/console/policy",
    "/console/policy.csv",
    (
        Column("rule", lambda one: one.id, N_("Rule"), lambda one: one.id),
        Column("then", lambda one: one.then.value, N_("Strictness"), lambda one: one.then.severity, down=True),
        Column("policy", lambda one: one.policy, N_("Policy"), lambda one: one.policy or ""),
        Column("mode", lambda one: one.mode.value, N_("Mode"), lambda one: one.mode.value),
        Column("title", lambda one: one.title),
        Column("title_ar", lambda one: one.title_ar),
        Column("reason", lambda one: one.reason),
        Column("reason_ar", lambda one: one.reason_ar),
        Column("conditions", _condition),
    ),
    "-then",
)


class PolicyExport(Controller):
    path = "/policy.csv"

    @get("/", opt=_SEE, sync_to_thread=True)
    def export(self, request: AnyRequest, runtime: TheRuntime) -> Stream:
        return listing.sheet(RULES, request, _rules(runtime.policy, query_of(request, *_FILTERS)))


class PolicyController(Controller):
    path = "/policy"

    @get("/", opt=_SEE, sync_to_thread=True)
    def read(self, request: AnyRequest, runtime: TheRuntime) -> Response[str]:
        policy, query, every = runtime.policy, query_of(request, *_FILTERS), ("", _("All"))
        filters = [
            Filter("text", _("Words of a rule, or its policy")),
            Filter("then", _("Verdict"), [every, *((one.value, codes.verdict(one.value)) for one in Action)]),
            Filter("mode", _("Mode"), [every, *((one.value, codes.mode(one.value)) for one in Mode)]),
        ]
        results: dict[str, list[ExampleResult]] = {}
        for result in test_policy(policy):
            results.setdefault(result.rule, []).append(result)
        return render(
            request,
            "policy/read.html",
            policy=policy,
            listed=listing.page(RULES, request, query, filters, _rules(policy, query)),
            results=results,
            condition=_condition,
            both=words.reason_text,
            codes=codes,
        )

    @get("/try", opt=_SEE, sync_to_thread=True)
    def ask(self, request: AnyRequest, runtime: TheRuntime) -> Response[str]:
        return _try_page(request, runtime.policy, {})

    @post("/try", opt=_SEE, status_code=200, sync_to_thread=True)
    def attempt(self, request: AnyRequest, runtime: TheRuntime, form: TheForm) -> Response[str]:
        try:
            tried = try_event(runtime.lookup, runtime.policy, _event(form))
        except UserError as error:
            return _try_page(request, runtime.policy, form, problem=str(error))
        return _try_page(request, runtime.policy, form, tried)

    @get("/compare", opt=_SEE, sync_to_thread=True)
    def ask_other(self, request: AnyRequest) -> Response[str]:
        return _compare_page(request)

    @post("/compare", opt=_SEE, status_code=200, sync_to_thread=True)
    def compare(self, request: AnyRequest, runtime: TheRuntime, form: TheForm) -> Response[str]:
        try:
            other = _other(form)
        except FaultyPolicy as faulty:
            return _compare_page(request, problems=faulty.problems)
        except UserError as error:
            return _compare_page(request, problem=str(error))
        return _compare_page(
            request,
            other=other,
            current=runtime.policy,
            diff=diff_policies(runtime.policy, other),
            report=backtest(other, recent(runtime.database, MOST_PAST)),
        )


def _rules(policy: Policy, query: Mapping[str, str]) -> Fetch[Rule]:
    """Return the rules that fit a filter; `text` stands in what a rule says of itself, in either language."""
    text = query["text"].strip().casefold()
    found = [
        one
        for one in policy.rules
        if text in f"{one.id} {one.policy} {one.title} {one.title_ar} {one.reason} {one.reason_ar}".casefold()
        and query["then"] in ("", one.then.value)
        and query["mode"] in ("", one.mode.value)
    ]
    return listing.of_rows(found, lambda one: one.id)


def _try_page(
    request: AnyRequest,
    policy: Policy,
    form: FormMultiDict | dict[str, str],
    tried: Trial | None = None,
    problem: str = "",
) -> Response[str]:
    return render(
        request,
        "policy/try.html",
        status=400 if problem else 200,
        form=form,
        tried=tried,
        problem=problem,
        title=lambda code: codes.policy_title(policy, code or ""),
        rule=lambda id_: _titled(policy, id_),
        both=words.reason_text,
        codes=codes,
        words=words,
        said_why=clauses.why,
    )


def _compare_page(request: AnyRequest, problem: str = "", **context: Any) -> Response[str]:
    shown = {"problems": [], "diff": None, "report": None, "other": None, "current": None, **context}
    status = 400 if problem or shown["problems"] else 200
    return render(
        request,
        "policy/compare.html",
        status=status,
        problem=problem,
        codes=codes,
        shown=_value,
        most=MOST_PAST,
        **shown,
    )


def _titled(policy: Policy, id_: str) -> str:
    rule = next((one for one in policy.rules if one.id == id_), None)
    return words.reason_text(rule.title, rule.title_ar) if rule else id_


def _event(form: FormMultiDict) -> Event:
    """Return the event that the form describes. Raises InvalidRequest."""
    text = str(form.get("text") or "")
    if whole := str(form.get("event") or "").strip():
        try:
            return msgspec.json.decode(whole, type=Event)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise InvalidRequest(f"{_('This is no event:')} {error}") from None
    given: dict[str, Any] = {"id": "trial", "kind": "message", "text": text}
    if form.get("trusted"):
        given["account"] = {"id": "trial", "trusted": True}
    try:
        return msgspec.convert(given, Event)
    except msgspec.ValidationError as error:
        raise InvalidRequest(str(error)) from None


def _other(form: FormMultiDict) -> Policy:
    """Return the policy to compare with: files that were sent, or what ships with Siyaj. Raises FaultyPolicy,
    InvalidRequest. Its examples are not run: what differs is what counts here."""
    if form.get("shipped"):
        return load_policy(DEFAULTS, run_examples=False)
    files = [one for one in form.getall("files", []) if isinstance(one, UploadFile) and one.filename]
    if not files:
        raise InvalidRequest(_("Choose the files of a policy."))
    with TemporaryDirectory(prefix="siyaj-policy-") as folder:
        for number, file in enumerate(files):
            data = file.file.read(MOST_BYTES + 1)
            if len(data) > MOST_BYTES:
                raise InvalidRequest(_("This file is too large for a policy."))
            (Path(folder) / f"{number:03d}-{Path(file.filename).stem[:60]}.yaml").write_bytes(data)
        return load_policy(Path(folder), run_examples=False)


def _value(value: object) -> str:
    """Return one side of a difference."""
    if isinstance(value, str):
        return value
    return yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=70).removesuffix("...\n").rstrip()
