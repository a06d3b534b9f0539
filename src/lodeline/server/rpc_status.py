"""google.rpc.Status as bytes, for OTLP's error answers; its package is not needed for five fields.

Fields by the public definition: Status {1 code, 2 message, 3 details: Any}, Any {1 type_url, 2 value},
RetryInfo {1 retry_delay: Duration}, Duration {1 seconds, 2 nanos}.
"""

from lodeline.domain.errors import LodelineError, Unavailable

INTERNAL = 13
UNAVAILABLE = 14
_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 405: 12, 409: 9, 413: 3, 415: 3, 429: 14, 501: 12, 503: UNAVAILABLE}
_RETRY_INFO = b"type.googleapis.com/google.rpc.RetryInfo"


def rpc_code(error: LodelineError) -> int:
    """Return the gRPC status code of an error. Only UNAVAILABLE (14) makes OTLP senders try again."""
    return _CODES.get(error.http_status, INTERNAL)


def rpc_status(error: LodelineError) -> bytes:
    """Return the Status message of an error, with RetryInfo when it says when to try again."""
    parts = [_number(1, rpc_code(error)), _bytes(2, error.message.encode("utf-8", "replace"))]
    if isinstance(error, Unavailable):
        seconds, nanos = divmod(round(error.retry_after_s * 1_000_000_000), 1_000_000_000)
        duration = _number(1, seconds) + _number(2, nanos)
        parts.append(_bytes(3, _bytes(1, _RETRY_INFO) + _bytes(2, _bytes(1, duration))))
    return b"".join(parts)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(number: int) -> bytes:
    parts = bytearray()
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    parts.append(number)
    return bytes(parts)
