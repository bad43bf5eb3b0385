"""Every error that psqlmigrate reports: its code, its exit code, and the way out."""

import re
from typing import ClassVar, Self

from psqlmigrate.redaction import without_secrets

_MISSING_ROLE = r'(?m)role "(.+)" does not exist\Z'

USAGE, FAILED, LOCKED, REFUSED = 2, 3, 4, 5
"""Exit codes: wrong use; database, model or migration failed; lock not obtained; refused."""


class MigrationError(Exception):
    """Base of all errors of psqlmigrate.

    `hint` names the way out, `details` holds further lines (a traceback of the user's, a
    statement); both may be empty. None of the three repeats a password. `version` is that of the
    migration that it is about, empty where it is about none; `original_error` is what PostgreSQL or the migration's own code raised, if that
    is the reason. `code` is stable and part of `--json`. `file_path`, `line` and `column` (from 1;
    0: not known) are the place that it is about, where there is one.
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = FAILED
    file_path: str = ""
    line: int = 0
    column: int = 0
    version: str = ""
    original_error: BaseException | None = None

    def __init__(self, message: str, *, hint: str = "", details: str = "") -> None:
        # A password may be the name of a role: messages hide it, and the role is missing all the same.
        self.missing_role = _missing_role(message)
        self.message = without_secrets(message)
        self.hint = without_secrets(hint)
        self.details = without_secrets(details)
        super().__init__(self.message)

    def at(self, path: object, line: int = 0, column: int = 0) -> Self:
        """The error, with the place that it is about."""
        self.file_path, self.line, self.column = str(path), line, column
        return self


class UsageError(MigrationError):
    """An option, argument or setting makes no sense."""

    code = "usage"
    exit_code = USAGE


class NoTargetError(UsageError):
    """No database is named anywhere."""

    code = "no_target"


class ConfigError(UsageError):
    """The configuration file is broken or has an unknown key."""

    code = "config"


class ProfileError(UsageError):
    """No profile of that name, or the profile file is unusable."""

    code = "profile"


class MigrationNotFoundError(UsageError):
    """No migration has that version (`version`)."""

    code = "unknown_version"

    def __init__(self, message: str, *, version: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.version = version


class ConnectionFailedError(MigrationError):
    """The database cannot be reached or refuses us."""

    code = "connection"


class ScratchError(MigrationError):
    """No scratch database is to be had, or it cannot take the schema."""

    code = "scratch"


class SourceError(MigrationError):
    """A source of a schema (SQL file, snapshot) cannot be read; names file and line."""

    code = "source"


class ModelError(MigrationError):
    """The user's models failed to import; `details` is the user's own traceback."""

    code = "models"


class PlanRefusedError(MigrationError):
    """No plan keeps the data; says which object and why."""

    code = "plan_refused"
    exit_code = REFUSED


class ProofError(MigrationError):
    """A migration did not do in the scratch database what it claims."""

    code = "proof"


class MigrationFileError(MigrationError):
    """A migration file cannot be used (`file_path`); names file, line and column."""

    code = "migration_file"

    def __init__(
        self, message: str, *, file_path: str = "", hint: str = "", details: str = ""
    ) -> None:
        super().__init__(message, hint=hint, details=details)
        self.file_path = file_path


class NoWayError(MigrationFileError, NotImplementedError):
    """A migration has no `up`, or no `down`."""

    code = "no_way"


class DuplicateVersionError(MigrationFileError):
    """Two migration files have one version."""

    code = "duplicate_version"
    exit_code = REFUSED


class ArchiveError(MigrationError):
    """An original of a squashed migration is needed, and missing or not as it was."""

    code = "archive"
    exit_code = REFUSED


class SquashedFileError(MigrationFileError):
    """A migration that was squashed is there again, and is another one."""

    code = "squashed_file"
    exit_code = REFUSED


class MigrationDependencyError(MigrationError):
    """A migration depends on one (`depends_on`) that is missing or not applied, or in a circle."""

    code = "dependency"
    exit_code = REFUSED

    def __init__(
        self, message: str, *, version: str = "", depends_on: str = "", hint: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.version = version
        self.depends_on = depends_on


class MultipleHeadsError(MigrationDependencyError):
    """The migrations have several heads and the target does not say which."""

    code = "multiple_heads"


class MergeConflictError(MigrationError):
    """The order of branches matters; `details` names each object and the versions that touch it."""

    code = "merge_conflict"
    exit_code = REFUSED


class SquashRefusedError(MigrationError):
    """The migrations cannot be one (`file_path` of the first that stands in the way)."""

    code = "squash_refused"
    exit_code = REFUSED

    def __init__(
        self, message: str, *, file_path: str = "", hint: str = "", details: str = ""
    ) -> None:
        super().__init__(message, hint=hint, details=details)
        self.file_path = file_path


class MigrationAlreadyAppliedError(MigrationError):
    """The migration (`version`) was applied before."""

    code = "already_applied"
    exit_code = REFUSED

    def __init__(self, message: str, *, version: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.version = version


class NotInitializedError(MigrationError):
    """The database has no history yet."""

    code = "not_initialized"
    exit_code = REFUSED


class AppliedFileError(MigrationError):
    """The file of an applied migration (`version`) was edited or is missing."""

    code = "applied_file"
    exit_code = REFUSED

    def __init__(self, message: str, *, version: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.version = version


class MissingFileError(AppliedFileError, MigrationNotFoundError):
    """The file of an applied migration (`version`) is missing."""


class DirtyError(MigrationError):
    """A migration (`version`) was begun without a transaction, and cannot be gone on with."""

    code = "dirty"
    exit_code = REFUSED

    def __init__(self, message: str, *, version: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.version = version


class HazardError(MigrationError):
    """A migration (`version`) has a hazard that was forbidden, or none are known of it."""

    code = "hazard"
    exit_code = REFUSED

    def __init__(
        self, message: str, *, version: str = "", hint: str = "", details: str = ""
    ) -> None:
        super().__init__(message, hint=hint, details=details)
        self.version = version


class SchemaDriftError(MigrationError):
    """Models and database differ (`warnings` lists the differences)."""

    code = "drift"
    exit_code = REFUSED

    def __init__(self, message: str, *, warnings: tuple[str, ...] = (), hint: str = "") -> None:
        super().__init__(message, hint=hint, details="\n".join(warnings))
        self.warnings = warnings


class StateCorruptionError(MigrationError):
    """A state file or bookkeeping table is damaged, or does not fit the other (`details`)."""

    code = "state"
    exit_code = REFUSED


class HistoryError(MigrationError):
    """The history exists but cannot be read."""

    code = "history"


class LockError(MigrationError):
    """Another run holds the lock."""

    code = "locked"
    exit_code = LOCKED


class StatementError(MigrationError):
    """A migration (`version`) failed in the database; nothing of it is there unless the message says so."""

    code = "statement"

    def __init__(
        self,
        message: str,
        *,
        version: str = "",
        sqlstate: str = "",
        hint: str = "",
        details: str = "",
    ) -> None:
        super().__init__(message, hint=hint, details=details)
        self.version = version
        self.sqlstate = sqlstate


class RollbackError(StatementError):
    """Reverting a migration failed."""

    code = "rollback"


class SeedError(MigrationError):
    """A seed file has what the tables cannot take, or its rows failed; nothing was changed."""

    code = "seed"


class SeedRefusedError(SeedError):
    """Emptying the tables would reach tables that the file does not name."""

    code = "seed_refused"
    exit_code = REFUSED


class UnknownJobError(UsageError):
    """No background job has that id."""

    code = "unknown_job"


class JobError(MigrationError):
    """A background job could not be started."""

    code = "job"


class SchemaDriftWarning(UserWarning):
    """Models and database differ, or could not be compared."""


def missing_role(error: MigrationError) -> str | None:
    """The role whose absence is what the error is about, in the English of a server of ours."""
    return error.missing_role


def _missing_role(message: str) -> str | None:
    found = re.search(_MISSING_ROLE, message)
    return found[1] if found else None
