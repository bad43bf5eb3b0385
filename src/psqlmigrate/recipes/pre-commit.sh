#!/bin/sh
# Blocks a commit while the models need a migration, or migration files are not as they were.
# Printed by `psqlmigrate ci pre-commit`; its place is .git/hooks/pre-commit, executable.
# In an emergency: git commit --no-verify
#
# It needs no database: where one is configured and reachable, applied files are compared, too.

command -v psqlmigrate >/dev/null 2>&1 || {
    echo 'pre-commit: psqlmigrate is not on the PATH; pipx install "psqlmigrate[embedded]"' >&2
    exit 1
}

cd "$(git rev-parse --show-toplevel)" || exit 1

psqlmigrate check >&2 || {
    echo 'pre-commit: the commit is blocked; make the migration, add it, and commit again' >&2
    exit 1
}

psqlmigrate verify -q >&2
code=$?
if [ "$code" -eq 3 ]; then
    echo 'pre-commit: the database is left out, only the files are verified' >&2
    psqlmigrate verify --offline >&2
    code=$?
fi
if [ "$code" -ne 0 ]; then
    echo 'pre-commit: the commit is blocked; what is listed above does not fit' >&2
    exit 1
fi

# Models and migrations were looked at as they are on disk: what is not added is not in the commit.
others=$(git ls-files --others --exclude-standard | grep -E '(^|/)migrations/.*\.(py|sql|json)$')
if [ -n "$others" ]; then
    echo 'pre-commit: note: these files are not part of the commit:' >&2
    echo "$others" | sed 's/^/  /' >&2
fi
exit 0
