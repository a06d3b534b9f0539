"""Export and import of experiments."""

from lodeline.domain.transfer import ImportReport
from lodeline.sdk.client.call import LONG_S, Call, Content, ModeT, Noun, call, download, one, path_of, whole


class Transfer(Noun[ModeT]):
    """Calls that move whole experiments."""

    @download
    def export_experiment(self, experiment_id: str) -> Call[bytes]:
        """Give an experiment with all that is in it as the parts of one file, for import into any server."""
        return Call("GET", path_of("experiments", experiment_id, "export"), whole, timeout_s=LONG_S)

    @call
    def import_experiment(
        self, content: Content, *, as_name: str | None = None, into: str | None = None
    ) -> Call[ImportReport]:
        """Import an exported experiment: a `Path`, bytes, or parts; traces that exist are listed and left alone.

        With `into` (id or name) its content is added to that experiment.
        """
        return Call(
            "POST",
            path_of("experiments", "import"),
            one(ImportReport),
            params={"as_name": as_name, "into": into},
            content=content,
            content_type="application/zip",
            timeout_s=LONG_S,
        )
