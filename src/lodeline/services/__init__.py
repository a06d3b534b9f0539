"""Use cases: one file a noun, permission asked first.

Conventions that every service keeps:

- ``class XService: def __init__(self, stores: Stores, clock: Clock = system_clock)``; other collaborators follow the
  stores. Services know `storage.base` only, hold no state that two processes would have to share, and are
  synchronous and thread-safe.
- Methods are ``method(self, actor: Actor, …)``. The first statement is the permission: `auth.policy.permit` when the
  experiment is known, else `permit_reach`, followed by a second `permit(…, missing=NotFound.of(noun, id))` when the
  thing has been found and its experiment is known. Then the arguments are checked, then the store is asked.
- Lists restrict themselves inside the query: what `permit_reach` answers becomes `Search.experiment_ids`.
- Every change passes an `AuditEntry`, made by `services.audit.audit_entry`, to the store method that makes it. It
  never holds content of traces, passwords, secrets or what a stranger typed.
- Only errors of `domain.errors` leave a service.
"""
