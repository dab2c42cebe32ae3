"""Check that every link of the built pages has a target, and that pages load nothing.

    python docs/check_links.py docs/_build/html

Every href and src to a file must name an existing file and anchor; images, scripts, styles and
fonts must come from the site itself.
"""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

FETCHED = {"img", "script", "link", "iframe", "source", "audio", "video"}


class Page(HTMLParser):
    """The links and the anchors of a page."""

    def __init__(self, text):
        super().__init__()
        self.links, self.anchors = [], {"", "top"}
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        """Collect links and anchors."""
        for name, value in attributes:
            if name in ("id", "name") and value:
                self.anchors.add(value)
            elif name in ("href", "src") and value:
                self.links.append((tag, value))


def problems(site):
    """Yield the problems of the pages below a folder, one line each."""
    site = Path(site).resolve()
    pages = {
        path: Page(path.read_text(encoding="utf-8"))
        for path in sorted(site.rglob("*.html"))
        if "_static" not in path.parts
    }
    if not pages:
        yield f"{site} holds no page"
    for path, page in pages.items():
        where = path.relative_to(site)
        for tag, link in page.links:
            parts = urlsplit(link)
            if parts.scheme in ("data", "mailto"):
                continue
            if parts.scheme or parts.netloc:
                if tag in FETCHED:
                    yield f"{where}: <{tag}> is fetched from {link}"
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            if not target.is_file():
                yield f"{where}: no file {link}"
            elif target in pages and unquote(parts.fragment) not in pages[target].anchors:
                yield f"{where}: no anchor {link}"
    for path in site.rglob("*.css"):
        for url in re.findall(r"(?:@import\s+|url\()[\"']?(https?://[^\"')]+)", path.read_text()):
            yield f"{path.relative_to(site)}: fetches {url}"


if __name__ == "__main__":
    found = list(problems(sys.argv[1]))
    print("\n".join(found) or "every link has a target, and pages load nothing from elsewhere")
    sys.exit(bool(found))
