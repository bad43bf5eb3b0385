"""How a background job looks to people."""

from psqlmigrate.output.printable import printable
from psqlmigrate.service.jobs import COMPLETED, FAILED, JobResult
from psqlmigrate.service.locking import spoken


def job_lines(job: JobResult) -> list[str]:
    """`job …: running, 1 of 3 migrations applied, for 12 s`."""
    if job.status == FAILED:
        lines = [f"job {job.id}: failed, {_count(job)}{_age(job)}", f"  {job.error}"]
        lines += [f"  {line}" for line in job.details.splitlines()]
        lines += ["", f"hint: {job.hint}"] if job.hint else []
        return [printable(line) for line in lines]
    verb = "completed" if job.status == COMPLETED else "running"
    return [f"job {job.id}: {verb}, {_count(job)}{_age(job)}"]


def _count(job: JobResult) -> str:
    if job.status == COMPLETED or job.total is None:
        return f"{job.count} migration{'' if job.count == 1 else 's'} applied"
    return f"{job.count} of {job.total} migrations applied"


def _age(job: JobResult) -> str:
    if job.finished_at:
        return f" in {spoken(job.finished_at - job.started_at)}"
    return "" if job.status == FAILED else f", for {spoken(job.now - job.started_at)}"
