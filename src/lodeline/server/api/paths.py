"""Path parameters that may hold any text: ``{name:text}``.

Starlette's own ``path`` takes slashes but stops at a line break, and ids that came with traces may hold both.
"""

from starlette.convertors import Convertor, register_url_convertor


class TextConvertor(Convertor[str]):
    """Takes the rest of a path, whatever it holds."""

    regex = "(?s:.+)"

    def convert(self, value: str) -> str:
        """Return the text as it stands in the path."""
        return value

    def to_string(self, value: str) -> str:
        """Return the text for a path."""
        return value


TEXT = "text"
"""The convertor's name; a module whose routes use it imports it, so that it is known before they are made."""
register_url_convertor(TEXT, TextConvertor())
