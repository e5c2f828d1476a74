"""The working database: engine, tables, migrations."""
