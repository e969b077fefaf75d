"""The slot beside a text in another language: empty until somebody asks the operator's translator to fill it."""

import logging
from collections.abc import Mapping

from litestar import Controller, Response, post
from litestar.params import FromPath
from msgspec import Struct

from siyaj.delivery.translator import NotTranslated, Translator
from siyaj.model.case import Case
from siyaj.model.clock import now_us
from siyaj.model.errors import NotFound
from siyaj.model.person import Permission
from siyaj.moderation.casework.cases import who
from siyaj.server.console import i18n
from siyaj.server.console.casework import content, dossier, keys
from siyaj.server.console.casework.content import Passage
from siyaj.server.console.marked import Piece, PieceKind, pieces
from siyaj.server.console.page import render
from siyaj.server.console.session import AnyRequest, TheForm, ThePerson, TheRuntime
from siyaj.storage import audit, translations
from siyaj.storage.translations import Translation

log = logging.getLogger(__name__)


class Slot(Struct):
    """Of one passage. `pieces` is what a machine made of it, if it did; `failed`: it was asked and did not answer."""

    key: str
    lang: str
    pieces: list[Piece]
    failed: bool = False


def slots(
    case: Case, passages: list[Passage], made: Mapping[str, Translation], *, connected: bool
) -> list[Slot | None]:
    """Return the slot of each passage; None where it is in the language of the page, or nothing translates."""
    target = i18n.current.get().value
    found: list[Slot | None] = []
    for passage in passages:
        key = translations.key_of(passage.text, target)
        there = made.get(key)
        wanted = (connected and case.language != target) or there is not None
        found.append(Slot(key, target, pieces(there.text) if there else []) if wanted else None)
    return found


class TranslatingController(Controller):
    path = "/"

    @post("/cases/{case:str}/translate", opt={"permission": Permission.DECIDE}, sync_to_thread=True)
    def translate(
        self, request: AnyRequest, runtime: TheRuntime, person: ThePerson, case: FromPath[str], form: TheForm
    ) -> Response[str]:
        """Send one passage to the translator. What is sent stands in the audit log before it leaves.

        Raises NotFound where there is no such passage, or nothing translates.
        """
        found = dossier.read(runtime.database, case)
        target, key = i18n.current.get().value, str(form.get("key") or "")
        shown = content.content(found.records, found.reports, found.evidence).passages
        passage = next((one for one in shown if translations.key_of(one.text, target) == key), None)
        translator: Translator | None = request.app.state["translator"]
        if passage is None or translator is None:
            raise NotFound("there is nothing to translate, or nothing that translates")
        text = plain(passage)
        sent = {"to": translator.host, "source": found.case.language, "target": target, "characters": len(text)}
        with runtime.database.begin() as connection:
            audit.write(connection, who(person), "case.translate", case, **sent)
        try:
            made = translator.translate(text, found.case.language, target)
        except NotTranslated as error:
            log.warning("no translation from %s: %s", translator.host, error)
            slot = Slot(key, target, [], failed=True)
        else:
            with runtime.database.begin() as connection:
                translations.save(connection, case, key, Translation(made, target, person.id, now_us()))
            slot = Slot(key, target, pieces(made))
        return render(request, "casework/translation.html", slot=slot, case=found.case, keys=keys)


def plain(passage: Passage) -> str:
    """Return the text as it is read: without characters that deceive the eye."""
    return "".join(piece.text for piece in passage.pieces if piece.kind is not PieceKind.CONTROL)
