"""Native route of the audit trail."""

from lodeline.domain.audit import AuditEntry
from lodeline.domain.page import Page
from lodeline.server.access import ActorDep
from lodeline.server.answers import Json, ServicesDep, answer
from lodeline.server.api.entry import native_router
from lodeline.server.api.listing import NativeListedDep

router = native_router("/audit", "audit")


@router.get("", **answer(Page[AuditEntry], 404))
def search_audit(actor: ActorDep, services: ServicesDep, query: NativeListedDep) -> Json:
    """List who changed what, newest first."""
    return Json(services.audit.search(actor, query))
