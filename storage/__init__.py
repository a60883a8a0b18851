"""Adapters of the store ports: DuckDB readings, SQLAlchemy records, migrations."""
