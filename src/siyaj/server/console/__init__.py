"""The console: HTML for people, in Arabic and English. `app.py` lists the areas; `guard.py` is the door."""
