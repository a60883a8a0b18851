"""Grafana as code: the dashboards, their queries, the files that provision them and the push to a running Grafana."""
