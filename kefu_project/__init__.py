"""The project: settings, servers, commands and telemetry. It may know every app; no app knows it."""
