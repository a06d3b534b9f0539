"""Logins: sign in, sign out, who am I."""

from lodeline.domain.account import Identity
from lodeline.sdk.client.call import Call, ModeT, Noun, call, nothing, one, path_of


class Logins(Noun[ModeT]):
    """Calls about signing in. Programs use API keys; a login is for making the first of them."""

    @call
    def sign_in(self, name: str, password: str) -> Call[Identity]:
        """Act as an account from now on, through a login that `sign_out` ends."""
        body = {"name": name, "password": password}
        return Call("POST", path_of("login"), one(Identity), body=body, repeat="never", login="begins")

    @call
    def sign_out(self) -> Call[None]:
        """End the login; without one it is fine."""
        return Call("POST", path_of("logout"), nothing, login="ends")

    @call
    def me(self) -> Call[Identity]:
        """Return who is asking; without credentials that is "anonymous"."""
        return Call("GET", path_of("me"), one(Identity))
