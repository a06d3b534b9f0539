"""What tests of single sign-on begin with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lodeline.auth.actor import LOCAL
from tests.server.oidc_journey import SECRET, Journey
from tests.server.oidc_tokens import CLIENT, answering
from tests.server.world import serve
from tests.services.access import PASSWORD


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    path = tmp_path / "client.secret"
    path.write_text(f"{SECRET}\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def journey(secret_file: Path) -> Iterator[Journey]:
    with (
        answering() as provider,
        serve(
            auth=True,
            oidc_issuer=provider.url,
            oidc_client_id=CLIENT,
            oidc_client_secret_file=str(secret_file),
            oidc_default_role="none",
        ) as world,
    ):
        world.services.accounts.create(LOCAL, "root", role="admin", password=PASSWORD)
        yield Journey(world, provider)
