"""`siyaj demo`: the main job, played in front of the user over the public HTTP API."""
