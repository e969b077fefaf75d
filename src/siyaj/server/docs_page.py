"""`/docs`: the API as one page, made here from the OpenAPI document. No script, nothing from elsewhere."""

from typing import Any

from jinja2 import Environment

STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding-inline: 1rem; }
h2 { margin-block-start: 2.5rem; border-block-end: 1px solid color-mix(in srgb, currentColor 25%, transparent); }
details { border: 1px solid color-mix(in srgb, currentColor 20%, transparent); border-radius: .5rem;
  margin-block: .5rem; padding: .5rem .8rem; }
summary { cursor: pointer; }
summary b { display: inline-block; min-inline-size: 4rem; }
pre { overflow-x: auto; padding: .8rem; border-radius: .5rem;
  background: color-mix(in srgb, currentColor 8%, transparent); }
table { border-collapse: collapse; } td { padding: .15rem .8rem .15rem 0; vertical-align: top; }
"""

CSP = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

_PAGE = Environment(autoescape=True).from_string("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Siyaj API</title><link rel="stylesheet" href="/docs/style.css"></head><body>
<h1>Siyaj API <small>{{ document.info.version }}</small></h1>
<p>{{ document.info.description }} The whole document is at <a href="/openapi.json">/openapi.json</a>.</p>
<p>Make a key with <code>siyaj key create NAME</code> and send it as <code>Authorization: Bearer KEY</code>:</p>
<pre>curl {{ base }}/v1/check -H "Authorization: Bearer $KEY" \\
     -H 'Content-Type: application/json' \\
     -d '{"id": "m-1", "kind": "message", "text": "السلام عليكم"}'</pre>
{% for tag, operations in groups.items() %}<h2>{{ tag }}</h2>
{% for path, method, one in operations %}<details><summary><b>{{ method.upper() }}</b> <code>{{ path }}</code>
 — {{ one.summary }}</summary>
{% if one.description %}<p>{{ one.description }}</p>{% endif %}
{% if one.parameters %}<table>{% for given in one.parameters %}<tr><td><code>{{ given.name }}</code></td>
<td>{{ given.in }}</td><td>{{ given.description or "" }}</td></tr>{% endfor %}</table>{% endif %}
<table>{% for status, answer in one.responses.items() %}<tr><td><code>{{ status }}</code></td>
<td>{{ answer.description }}</td></tr>{% endfor %}</table></details>
{% endfor %}{% endfor %}</body></html>
""")


def render(document: dict[str, Any], base: str) -> str:
    """Return the page for an OpenAPI document; `base` is the address it is read at."""
    groups: dict[str, list[tuple[str, str, Any]]] = {}
    for path, operations in document["paths"].items():
        for method, one in operations.items():
            groups.setdefault((one.get("tags") or ["other"])[0], []).append((path, method, one))
    order = ["check", "verdicts", "banks", "health"]
    ranked = sorted(groups.items(), key=lambda group: order.index(group[0]) if group[0] in order else 99)
    return _PAGE.render(document=document, groups=dict(ranked), base=base)
