"""The table of figures for Prometheus in docs/how-to/operate.md, from those that the server shows."""

from lodeline.server.figures import FIGURES


def figure_table() -> str:
    """Return a table of all figures of ours."""
    rows = [
        f"| `{figure.name}` | {figure.kind} | {', '.join(f'`{label}`' for label in figure.labels)} | {figure.says} |"
        for figure in FIGURES
    ]
    return "\n".join(["| figure | kind | labels | what |", "|---|---|---|---|", *rows])
