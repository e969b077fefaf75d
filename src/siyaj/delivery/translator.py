"""A machine that translates, reached by HTTP as LibreTranslate is: `POST {q, source, target, format}`.

Nothing is sent by itself: whoever calls `translate` was asked to by a person. Addresses are checked as those of
endpoints are.
"""

from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from siyaj.delivery.addresses import check_url
from siyaj.delivery.outgoing import Outgoing, Unreachable
from siyaj.model.errors import UserError
from siyaj.model.settings import Settings

MOST_CHARACTERS = 20_000
"""What is longer is translated up to here."""
LARGEST_ANSWER = 512 * 1024


class NotTranslated(Exception):
    """Why there is no translation, in words for an operator."""


class _Answer(Struct):
    text: str = msgspec.field(name="translatedText")


class Translator:
    """Safe for many threads."""

    def __init__(self, settings: Settings) -> None:
        """Raises UserError where the address is none that may be asked."""
        private = settings.translation_private
        try:
            check_url(settings.translation_url, allow_private=private)
        except UserError as error:
            hint = "SIYAJ_TRANSLATION_PRIVATE=1 allows http and addresses in your own network"
            raise UserError(f"SIYAJ_TRANSLATION_URL: {error.message}", hint=hint) from None
        self._url, self._key = settings.translation_url, settings.translation_key
        self._seconds = settings.translation_seconds
        self._outgoing = Outgoing(allow_private=private)

    @property
    def host(self) -> str:
        return urlsplit(self._url).hostname or ""

    def translate(self, text: str, source: str, target: str) -> str:
        """Return `text` in the language `target` (BCP 47, primary subtags). An empty `source` is found out there.

        Raises NotTranslated.
        """
        asked = {"q": text[:MOST_CHARACTERS], "source": source or "auto", "target": target, "format": "text"}
        body = msgspec.json.encode(asked | ({"api_key": self._key} if self._key else {}))
        headers = {"content-type": "application/json", "accept": "application/json"}
        try:
            answer = self._outgoing.send(
                "POST", self._url, headers, body, seconds=self._seconds, largest=LARGEST_ANSWER
            )
        except Unreachable as error:
            raise NotTranslated(str(error)) from None
        if answer.status != 200:
            raise NotTranslated(f"it answered {answer.status}")
        try:
            return msgspec.json.decode(answer.body, type=_Answer).text
        except msgspec.DecodeError as error:
            raise NotTranslated(f"its answer cannot be read: {error}") from None
