"""What the client raises. `check` raises none of these: what it does when Siyaj fails is the caller's `fail_open`."""


class ClientError(Exception):
    """The root."""


class Unavailable(ClientError):
    """Siyaj did not answer in time, or said that it cannot now. The same call may be made again."""


class Refused(ClientError):
    """Siyaj answered that the request is wrong: `code` is stable (docs/http.md), `field` names the place."""

    def __init__(self, status: int, code: str, detail: str, field: str | None = None) -> None:
        super().__init__(f"{status} {code}: {detail}" + (f" (at {field})" if field else ""))
        self.status = status
        self.code = code
        self.field = field


class Unverified(ClientError):
    """A webhook that was not signed with a secret of ours, or is too old, or no action: answer 400 and do nothing."""
