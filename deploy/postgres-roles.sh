#!/bin/sh
# Runs once, when the database container makes its cluster: the application's role, which owns no table.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$APP_PASSWORD" -U "$POSTGRES_USER" -d "$POSTGRES_DB" <<'SQL'
create role citydesk_app login password :'password';
SQL
