"""Other makers' belts: what their payloads mean is said in TOML files here, and none of it in code."""
