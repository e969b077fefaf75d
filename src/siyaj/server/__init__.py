"""The HTTP surface: JSON API, authentication, limits, app wiring."""
