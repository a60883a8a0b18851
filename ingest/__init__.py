"""MQTT to valid readings: source, decoding, quarantine, pipeline."""
