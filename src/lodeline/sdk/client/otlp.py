"""The OTLP door: traces as any OpenTelemetry program sends them."""

from lodeline.sdk.client.call import Call, ModeT, Noun, call, whole

PROTOBUF = "application/x-protobuf"


class Otlp(Noun[ModeT]):
    """Calls that send traces."""

    @call
    def export(self, body: bytes, *, experiment: str | None = None, content_type: str = PROTOBUF) -> Call[bytes]:
        """Send one export request to an experiment (id or name; None: as its spans say); return the answer as it is.

        Acknowledged is stored; sent again it changes nothing.
        """
        return Call(
            "POST",
            "/v1/traces",
            whole,
            content=body,
            content_type=content_type,
            headers={} if experiment is None else {"x-lodeline-experiment": experiment},
            repeat="always",
        )
