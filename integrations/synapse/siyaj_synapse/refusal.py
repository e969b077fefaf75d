"""What the client is told of a refusal: the policy, the reason and where to appeal; never what it matched."""

import re
from typing import Any

from synapse.module_api.errors import Codes, SynapseError

Refusal = dict[str, Any]
"""Fields of a Matrix error beside `errcode`: `error` in words, and Siyaj's ids under `org.siyaj.…`."""

_ARABIC = re.compile("[\u0600-\u06ff]")

_WORDS = {
    "en": {
        "block": "This was not accepted under the rules of this server (policy {policy}).",
        "hold": "A person will look at this before it can be published (policy {policy}).",
        "closed": "This room was closed under the rules of this server.",
        "limited": "This room may not take in new members for now, under the rules of this server.",
        "unchecked": "This cannot be checked at the moment. Please try again in a minute.",
        "case": "Case: {case}.",
        "verdict": "Reference: {verdict}.",
        "appeal": "You can appeal: {url}",
    },
    "ar": {
        "block": "لم يُقبل هذا المحتوى وفق قواعد هذا الخادم (السياسة {policy}).",
        "hold": "سينظر شخص في هذا المحتوى قبل أن يُنشر (السياسة {policy}).",
        "closed": "أُغلقت هذه الغرفة وفق قواعد هذا الخادم.",
        "limited": "لا يمكن لهذه الغرفة استقبال أعضاء جدد حاليًّا وفق قواعد هذا الخادم.",
        "unchecked": "يتعذّر فحص هذا المحتوى الآن. يُرجى المحاولة بعد دقيقة.",
        "case": "رقم القضية: {case}.",
        "verdict": "المرجع: {verdict}.",
        "appeal": "يمكنك الاعتراض هنا: {url}",
    },
}


def of_verdict(verdict: dict[str, Any], text: str = "") -> Refusal:
    """Say it in the language of what was written."""
    arabic = bool(_ARABIC.search(text))
    said = _WORDS["ar" if arabic else "en"]
    reasons = verdict.get("reasons") or [{}]
    reason = reasons[0].get("text_ar" if arabic else "text") or reasons[0].get("text") or ""
    parts = [said[verdict["action"]].format(policy=verdict.get("policy") or "tvec"), reason]
    parts.append(said["verdict"].format(verdict=verdict["id"]))
    fields = {"org.siyaj.verdict": verdict["id"], "org.siyaj.policy": verdict.get("policy") or ""}
    if case := verdict.get("case"):
        parts.append(said["case"].format(case=case))
        fields["org.siyaj.case"] = case
    if url := verdict.get("appeal_url"):
        parts.append(said["appeal"].format(url=url))
        fields["org.siyaj.appeal_url"] = url
    return {"error": " ".join(part for part in parts if part), **fields}


def of_state(stopped: str, state: dict[str, Any]) -> Refusal:
    """For what a closed or limited room does not allow; in both languages, as nothing was written that would tell."""
    both = [_WORDS[language][stopped] for language in ("en", "ar")]
    fields = {"org.siyaj.state": stopped, "org.siyaj.policy": state.get("policy") or ""}
    if url := state.get("appeal_url"):
        both.append(_WORDS["en"]["appeal"].format(url=url))
        fields["org.siyaj.appeal_url"] = url
    return {"error": " ".join(both), **fields}


def unchecked(text: str = "") -> Refusal:
    """For a hook that fails closed."""
    return {"error": _WORDS["ar" if _ARABIC.search(text) else "en"]["unchecked"], "org.siyaj.unchecked": True}


def raised(refusal: Refusal) -> SynapseError:
    """As an exception, for hooks whose return value cannot carry it to the client."""
    return SynapseError(403, refusal["error"], Codes.FORBIDDEN, {**refusal})
