"""Media on the case screen: a still that shows nothing, then more by steps, each audited and counted for care."""

from functools import lru_cache
from typing import Any

from litestar import Controller, Response, get, post
from litestar.params import FromPath

from siyaj.model.errors import Forbidden, NotFound, SiyajError
from siyaj.model.evidence import Evidence
from siyaj.model.person import Permission, Person
from siyaj.moderation.casework.cases import who
from siyaj.moderation.runtime import Runtime
from siyaj.server.console.casework import content, reveal, screen, words
from siyaj.server.console.casework.reveal import Leave, Step
from siyaj.server.console.page import render
from siyaj.server.console.session import AnyRequest, TheForm, ThePerson, TheRuntime
from siyaj.storage import audit, cases

SEE = {"permission": Permission.SEE_EVIDENCE}
_STILLS: dict[int, "Stills"] = {}


class Stills:
    """The first stills of one process's evidence: some hundred bytes each, drawn once. They show nothing, so that
    keeping them in memory gives nothing away."""

    def __init__(self, runtime: TheRuntime) -> None:
        self._runtime = runtime
        self.draw = lru_cache(maxsize=2_000)(self._draw)

    def _draw(self, evidence: str) -> bytes:
        data = self._runtime.vault.open(evidence, "system", "first still: small, grey, shown blurred")
        return self._runtime.box.show(data, reveal.STILL).data


def stills_of(runtime: Runtime) -> Stills:
    return _STILLS.setdefault(id(runtime), Stills(runtime))


class MediaController(Controller):
    path = "/cases/{case:str}/media/{evidence:str}"

    @get("/", opt=SEE, sync_to_thread=True)
    def covered(
        self, request: AnyRequest, runtime: TheRuntime, person: ThePerson, case: FromPath[str], evidence: FromPath[str]
    ) -> Response[str]:
        """Answer with the file as it is at first: covered again."""
        known = _of_case(runtime, case, evidence)
        return render(request, "casework/still.html", **shown(runtime, person, case, known, Step.COVERED))

    @get("/still", opt=SEE, sync_to_thread=True)
    def still(self, runtime: TheRuntime, case: FromPath[str], evidence: FromPath[str]) -> Response[bytes]:
        _of_case(runtime, case, evidence)
        return _picture(stills_of(runtime).draw(evidence))

    @post("/reveal", opt=SEE, sync_to_thread=True)
    def reveal(
        self,
        request: AnyRequest,
        runtime: TheRuntime,
        person: ThePerson,
        case: FromPath[str],
        evidence: FromPath[str],
        form: TheForm,
    ) -> Response[str]:
        """One step more: noted in the audit log and counted before anything is shown."""
        known = _of_case(runtime, case, evidence)
        file = content.files([known])[0]
        step = next((one for one in reveal.STEPS[file.kind] if one == form.get("step")), None)
        if step is None:
            raise NotFound("this file is not revealed so")
        with runtime.database.begin() as connection:
            audit.write(connection, who(person), "evidence.reveal", evidence, case=case, step=step.value)
        runtime.exposure.note(person, revealed=1 if step is reveal.STEPS[file.kind][0] else 0)
        return render(request, "casework/still.html", **shown(runtime, person, case, known, step))

    @get("/shown", opt=SEE, sync_to_thread=True)
    def picture(
        self, request: AnyRequest, runtime: TheRuntime, person: ThePerson, case: FromPath[str], evidence: FromPath[str]
    ) -> Response[bytes]:
        """What a step shows, to who was given leave."""
        known = _of_case(runtime, case, evidence)
        step = reveal.allows(runtime.keyring, request.query_params.get("leave", ""), person.id, evidence)
        if step is None:
            raise Forbidden("reveal the file first", hint="its time may be over: reveal it again")
        data = runtime.vault.open(evidence, who(person), f"shown in {case}: {step.value}")
        view = reveal.view(content.files([known])[0].kind, step)
        if view is not None:
            return _picture(runtime.box.show(data, view).data)
        return _stream(data, known.media_type, request.headers.get("range", ""))


class ExposureController(Controller):
    path = "/exposure"

    @post("/", opt={"permission": Permission.SEE_EVIDENCE}, sync_to_thread=True)
    def beat(self, request: AnyRequest, runtime: TheRuntime, person: ThePerson, form: TheForm) -> Response[str]:
        """A screen reports that media was in sight; the answer is how much of the shift's budget is used."""
        given = str(form.get("seconds") or "")
        seconds = int(given) if given.isascii() and given.isdigit() and len(given) < 6 else 0
        exposure = runtime.exposure.note(person, seconds=seconds)
        return render(request, "casework/exposure.html", exposure=exposure, words=words)

    @post("/rest", opt={"permission": Permission.SEE_EVIDENCE}, sync_to_thread=True)
    def rest(self, request: AnyRequest, runtime: TheRuntime, person: ThePerson) -> Response[str]:
        """Note that a break begins."""
        return render(request, "casework/exposure.html", exposure=runtime.exposure.rest(person), words=words)


def shown(runtime: Runtime, person: Person, case: str, known: Evidence, step: Step) -> dict[str, Any]:
    """Return what the fragment of one file needs at one step."""
    file = content.files([known])[0]
    base = f"/console/cases/{case}/media/{known.id}"
    leave = reveal.token(runtime.keyring, Leave(person.id, known.id, step)) if step is not Step.COVERED else ""
    fault = ""
    if step is Step.COVERED and file.kind in ("image", "video") and not file.destroyed:
        try:
            stills_of(runtime).draw(known.id)
        except SiyajError as error:
            fault = error.message
    return {
        "file": file,
        "case_id": case,
        "step": step,
        "following": None if fault or file.destroyed else reveal.following(file.kind, step),
        "address": f"{base}/shown?leave={leave}" if leave else f"{base}/still",
        "base": base,
        "blur": screen.blur(person),
        "fault": fault,
        "words": words,
        "Step": Step,
        "plays": reveal.view(file.kind, step) is None and step is not Step.COVERED,
    }


def _of_case(runtime: Runtime, case: str, evidence: str) -> Evidence:
    """Raises NotFound for evidence that neither this case nor its subject has."""
    known = runtime.vault.get(evidence)
    with runtime.database.read() as connection:
        there = cases.get(connection, case)
    if there is None or (known.case != case and known.subject != there.subject):
        raise NotFound(f"case {case[:80]!r} has no evidence {evidence[:80]!r}")
    return known


def _picture(data: bytes) -> Response[bytes]:
    return Response(data, media_type="image/jpeg", headers={"cache-control": "private, no-store"})


def _stream(data: bytes, media_type: str, wanted: str) -> Response[bytes]:
    """Answer with the sealed bytes or the range that is asked for. In a sandbox: they are a stranger's."""
    plain = media_type if media_type in reveal.PLAYED else "application/octet-stream"
    headers = {"accept-ranges": "bytes", "content-security-policy": "default-src 'none'; sandbox"}
    span = reveal.byte_range(wanted, len(data)) if wanted else None
    if span is None:
        return Response(data, media_type=plain, headers=headers)
    headers["content-range"] = f"bytes {span[0]}-{span[1]}/{len(data)}"
    return Response(data[span[0] : span[1] + 1], media_type=plain, headers=headers, status_code=206)
