"""What upgrade and downgrade of a workspace would do: told, or written as a script."""

from psqlmigrate.service import admission, preview, versions
from psqlmigrate.service.offline import script
from psqlmigrate.service.preview import PreviewResult
from psqlmigrate.service.workspace import Workspace


def foresee(
    workspace: Workspace, direction: str, target: str, forbid_hazard: tuple[str, ...] = ()
) -> PreviewResult:
    """What `upgrade` (`up`) or `downgrade` (`down`) would run; nothing is run or written.

    Raises what these raise before they run anything.
    """
    forbidden = admission.hazards(forbid_hazard)
    with workspace.connection() as connection:
        return preview.preview(
            connection,
            workspace.directory,
            workspace.tables,
            direction,
            target,
            forbidden,
        )


def offline(workspace: Workspace, direction: str, span: str) -> str:
    """The script of an upgrade (`up`) or downgrade (`down`) for `from:to`, `to`, or the default.

    Empty where there is nothing to run.
    """
    view = workspace.lineage((), *span.split(":"))
    if view.trouble:
        raise view.trouble
    files = versions.between(view.directory, view.graph, direction, span)
    return script(files, direction, view.graph, workspace.tables) if files else ""
