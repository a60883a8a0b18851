-- The role that Grafana reads the records with: what the dashboards ask for, and no name, note, login or session.
-- Run it by psql as the owner of the tables, after the first start of Nightbelt; again is harmless:
--   psql -d nightbelt -v password_file=/path/to/a/file/with/the/password -f deploy/grafana_role.sql
\set ON_ERROR_STOP on
\set password `cat :'password_file'`

SELECT 'CREATE ROLE nightbelt_grafana'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'nightbelt_grafana') \gexec

BEGIN;
ALTER ROLE nightbelt_grafana LOGIN PASSWORD :'password' NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT CONNECTION LIMIT 20;
ALTER ROLE nightbelt_grafana SET default_transaction_read_only = on;
ALTER ROLE nightbelt_grafana SET statement_timeout = '30s';

GRANT USAGE ON SCHEMA public TO nightbelt_grafana;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM nightbelt_grafana;
GRANT SELECT (center_id, timezone) ON centers TO nightbelt_grafana;
GRANT SELECT ON rooms, beds, stays, mountings, bed_states, belt_statuses TO nightbelt_grafana;
GRANT SELECT (
  alarm_id, rule, category, priority, center_id, resident_id, bed_id, belt_id, state, began_at, due_at, raised_at,
  acknowledged_at, cleared_at, resolved_at, outcome
) ON alarms TO nightbelt_grafana;
GRANT SELECT (event_id, alarm_id, kind, at) ON alarm_events TO nightbelt_grafana;
COMMIT;
