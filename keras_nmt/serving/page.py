"""The page at `/`: one file, which may load nothing from elsewhere."""

import base64
import hashlib
import re
from pathlib import Path

PAGE = Path(__file__).with_name("page.html")

_INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)


def page():
    """The bytes of the page, and the headers it is sent with.

    The Content-Security-Policy permits the page's own script and style, by their
    hashes, and requests to its own server.
    """
    text = PAGE.read_text(encoding="utf-8")
    hashes = {"script": [], "style": []}
    for kind, content in _INLINE.findall(text):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        hashes[kind].append(f"'sha256-{digest}'")
    policy = (
        f"default-src 'none'; script-src {' '.join(hashes['script'])}; "
        f"style-src {' '.join(hashes['style'])}; connect-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    headers = {
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
    }
    return text.encode(), headers
