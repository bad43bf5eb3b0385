"""One migration without a transaction of its own: each statement commits by itself."""

import hashlib
from collections.abc import Callable

import psycopg

from psqlmigrate.errors import MigrationFileError
from psqlmigrate.migrations.control import controls_transaction, is_concurrent, stands_alone
from psqlmigrate.migrations.sent import Sent
from psqlmigrate.postgres.connect import repin
from psqlmigrate.postgres.engine import Cursor, perform
from psqlmigrate.schema.sqltext import number, sql
from psqlmigrate.service import blocking, failure, journal
from psqlmigrate.service.attempt import Attempt
from psqlmigrate.service.transaction import begin, commit, is_idle, roll_back


class OpenAttempt(Attempt):
    """Runs a step without one transaction: each statement commits, with its row in the journal."""

    def _run(self) -> int | None:
        self.step.body(self._engine)
        connection = self.work.connection
        if not is_idle(connection):
            raise MigrationFileError(
                f"{self.step.file.name} left a transaction open, which was rolled back",
                file_path=str(self.step.file.path),
                hint="end it with COMMIT in the migration",
            )
        repin(connection, self.work.options.search_path)
        claimed = self._claim()
        if claimed is None:
            roll_back(connection)
            return None
        return self._conclude(claimed)

    def _send(self, statement: Sent) -> Cursor:
        return self._timed(statement, lambda: self._sent(statement))

    def _sent(self, statement: Sent) -> Cursor:
        if not is_idle(self.work.connection) or controls_transaction(statement.sql):
            return perform(self.work.connection, statement)
        if stands_alone(statement.sql):
            return self._alone(statement)
        return blocking.patiently(
            lambda: self._with_journal(statement),
            self.work.options.lock_wait,
            self._report_statement(statement),
        )

    def _report_statement(self, statement: Sent) -> Callable[[float, psycopg.Error], None]:
        def report(waited: float, error: psycopg.Error) -> None:
            reason = blocking.reason(self.work.connection, statement.sql, error)
            self.work.progress.blocked(waited, reason)

        return report

    def _left(self, done: int) -> str:
        return f"{failure.partly_done(self._number)}; {failure.before(self.step.direction, done)}"

    def _alone(self, statement: Sent) -> Cursor:
        self._note(statement, "running")
        timeout = 0.0 if is_concurrent(statement.sql) else self.work.options.lock_timeout
        self.work.connection.execute(
            sql("SET lock_timeout = {}", number(round(timeout * 1000))).encode()
        )
        cursor = perform(self.work.connection, statement)
        self._note(statement, "done")
        return cursor

    def _with_journal(self, statement: Sent) -> Cursor:
        options = self.work.options
        timeout = options.statement_timeout or self.step.timeout
        begin(self.work.connection, options.lock_timeout, timeout)
        try:
            cursor = perform(self.work.connection, statement)
            self._note(statement, "done")
            commit(self.work.connection)
        except BaseException:
            roll_back(self.work.connection)
            raise
        return cursor

    def _note(self, statement: Sent, outcome: str) -> None:
        journal.write(
            self.work.connection,
            self.work.tables,
            "statement",
            self.step.file.version,
            number=self._number,
            outcome=outcome,
            direction=self.step.direction,
            digest=hashlib.sha256(statement.sql.encode()).hexdigest(),
        )
