#!/bin/sh
# Run once by the PostgreSQL image on an empty volume: the roles' user owns its database and nothing more.
set -eu
psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\getenv password WRITEOFF_DATABASE_PASSWORD
CREATE ROLE writeoff LOGIN PASSWORD :'password';
CREATE DATABASE writeoff OWNER writeoff;
REVOKE ALL ON DATABASE writeoff FROM PUBLIC;
SQL
