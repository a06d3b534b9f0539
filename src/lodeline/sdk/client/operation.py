"""The server itself."""

from lodeline.domain.operation import ServerInfo
from lodeline.sdk.client.call import Call, ModeT, Noun, call, one, path_of


class Operation(Noun[ModeT]):
    """Calls about the server."""

    @call
    def get(self) -> Call[ServerInfo]:
        """Return the server's version, capabilities and clock."""
        return Call("GET", path_of("server"), one(ServerInfo))

    @call
    def healthy(self) -> Call[bool]:
        """Tell whether the server and its store answer; needs no credentials. Unavailable when they do not."""
        return Call("GET", "/health", lambda answer: answer.strip() == b"OK")
