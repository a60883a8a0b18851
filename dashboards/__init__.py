"""Grafana as code. Empty until the production path is built."""
