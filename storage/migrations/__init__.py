"""The history of the records' tables, applied by `storage.records.Records.open`."""
