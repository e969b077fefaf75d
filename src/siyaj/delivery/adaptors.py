"""The adaptors that ship with Siyaj, by the kind of endpoint."""

from collections.abc import Callable, Mapping

from siyaj.delivery.adaptor import Adaptor
from siyaj.delivery.memory import MemoryAdaptor
from siyaj.delivery.synapse import SynapseAdaptor
from siyaj.delivery.webhook import WebhookAdaptor
from siyaj.storage.endpoints import Endpoint, EndpointKind, Secrets

MakeAdaptor = Callable[[Endpoint, Secrets], Adaptor]

ADAPTORS: Mapping[EndpointKind, MakeAdaptor] = {
    EndpointKind.WEBHOOK: WebhookAdaptor,
    EndpointKind.SYNAPSE: SynapseAdaptor,
    EndpointKind.MEMORY: lambda _endpoint, _secrets: MemoryAdaptor(),
}
"""An endpoint of the kind `poll` has none: it asks."""
