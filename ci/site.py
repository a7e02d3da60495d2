"""Checks of the built site: nothing from outside, nothing broken, nothing private, nothing missing."""

import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

NOT_LOADED = {"canonical", "next", "prev", "search", "index", "author"}  # relations of <link>
NO_TEXT = re.compile(r"^$|_images/|\.(svg|png|jpe?g)$")


class Page(HTMLParser):
    """What a page loads, its links, anchors and pictures."""

    def __init__(self, file: Path):
        super().__init__()
        self.file, self.loads, self.links, self.anchors, self.pictures = file, set(), set(), {""}, []
        self.feed(file.read_text())

    def handle_starttag(self, tag: str, attrs: list) -> None:
        """Sort a tag's addresses."""
        have = {name: value or "" for name, value in attrs}
        self.anchors |= {have.get("id"), have.get("name")}
        if tag == "a":
            self.links.add(have.get("href", ""))
        elif "src" in have:
            self.loads.add(have["src"])
        elif tag == "link" and have.get("rel") not in NOT_LOADED:
            self.loads.add(have["href"])
        if tag == "img":
            self.pictures.append((have["src"], have.get("alt", "").strip()))


def check(root: Path, html: Path) -> list[str]:
    """Everything that is wrong with a built site, one line each."""
    if not html.is_dir():
        return [f"there is no {html}: run `make book` first"]
    pages = {file: Page(file) for file in html.rglob("*.html")}
    faults = [(file, f"names the folder {folder}") for file, folder in machine_paths(root, html)]
    for file, page in pages.items():
        faults += [(file, f"loads {link}") for link in page.loads if re.match(r"(https?:)?//", link)]
        links = page.links | page.loads
        faults += [(file, f"has a broken link {link}") for link in links if broken(link, page, pages)]
        faults += [(file, f"has a button to {link}") for link in page.links if misled(link, root, html, file)]
        pictures = [src for src, text in page.pictures if "_images/" in src and NO_TEXT.search(text)]
        faults += [(file, f"has no alternative text for {src}") for src in pictures]
    faults += [(file, fault) for file in html.glob("_sources/**/*.ipynb") for fault in incomplete(file)]
    return sorted(f"{file.relative_to(html)} {fault}" for file, fault in faults)


def machine_paths(root: Path, html: Path) -> list[tuple[Path, str]]:
    """Text files that name a folder of the machine that built them."""
    places = "|".join(re.escape(f"{path}/") for path in (root, Path(sys.prefix), Path.home()))
    kinds = (".html", ".ipynb", ".json", ".csv", ".md", ".txt")
    texts = {file: file.read_text() for file in html.rglob("*") if file.suffix in kinds}
    return [(file, found[0]) for file, text in texts.items() if (found := re.search(places, text))]


def broken(link: str, page: Page, pages: dict[Path, Page]) -> bool:
    """Whether a local link leads nowhere."""
    address = urlsplit(link)
    if address.scheme or address.netloc:
        return False
    target = (page.file.parent / unquote(address.path)).resolve() if address.path else page.file
    return not target.exists() or (target in pages and unquote(address.fragment) not in pages[target].anchors)


def misled(link: str, root: Path, html: Path, file: Path) -> bool:
    """Whether a button misses its aim: Colab the published notebook, the edit button a source."""
    edit, colab = re.search(r"/edit/[^/]+/(.*)", link), re.match(r"https://colab\..*/blob/(.*)", link)
    notebook = Path("_sources", file.relative_to(html).with_suffix(".ipynb"))
    astray = colab and (colab[1] != f"gh-pages/{notebook}" or not (html / notebook).is_file())
    return bool(astray or (edit and not (root / edit[1]).is_file()))


def incomplete(notebook: Path) -> list[str]:
    """What a notebook for download lacks."""
    cells = [cell for cell in json.loads(notebook.read_text())["cells"] if cell["cell_type"] == "code"]
    faults = [] if "renorm-book" in "".join(cells[0]["source"]) else ["does not install the library first"]
    for cell in cells:
        figure = cell["metadata"].get("mystnb", {}).get("figure")
        kinds = {kind.partition("/")[0] for output in cell["outputs"] for kind in output.get("data", {})}
        if figure and "image" not in kinds and "optional" not in cell["metadata"].get("tags", ()):
            faults.append(f"has no picture in {figure.get('name')}")
    return faults
