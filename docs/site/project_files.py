"""Hooks of mkdocs: what stands beside docs/ has a page too, so that links work in both places.

On GitHub a page links to `../examples/quickstart.py`; on the site that script is a page of its own.
README.md is the site's home.
"""

from __future__ import annotations

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "CONTRIBUTING.md",
    "CHANGELOG.md": "CHANGELOG.md",
    "saved_models/README.md": "trained_models.md",
}
SCRIPTS = ("benchmarks/*.py", "examples/*.py", "examples/serving/*")
SCRIPT_PAGE = """---
search: {{exclude: true}}
---
# {path}

~~~~{language}
{text}~~~~
"""
CODE = re.compile(r"(^```.*?^```$)", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:|#)([^)\s#]+)(#[^)\s]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages of what is not in docs/."""
    root = Path(config.config_file_path).parent
    for source, place in PAGES.items():
        files.append(File.generated(config, place, abs_src_path=str(root / source)))
    for script in sorted(path for pattern in SCRIPTS for path in root.glob(pattern)):
        path = script.relative_to(root).as_posix()
        language = "python" if script.suffix == ".py" else "yaml"
        content = SCRIPT_PAGE.format(path=path, language=language, text=script.read_text())
        page = File.generated(
            config, f"{path}.md", content=content, inclusion=InclusionLevel.NOT_IN_NAV
        )
        files.append(page)
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turns links that work in the repository into those that work on the site."""
    place = page.file.src_uri
    if page.is_homepage:
        page.meta["hide"] = ["navigation"]  # it has a menu of its own, at its end
    in_repository = {uri: source for source, uri in PAGES.items()}.get(place, f"docs/{place}")

    def on_site(link: re.Match) -> str:
        target = _joined(Path(in_repository).parent.as_posix(), link[1])
        found = PAGES.get(target, target.removeprefix("docs/"))
        found = f"{found}.md" if files.get_file_from_path(f"{found}.md") else found
        up = "../" * place.count("/")
        return f"]({up}{found}{link[2] or ''})"

    parts = CODE.split(markdown)
    parts[::2] = [LINK.sub(on_site, text) for text in parts[::2]]
    return "".join(parts)


def _joined(folder: str, link: str) -> str:
    """The path from the repository's root of what is linked to from a file in `folder`."""
    parts: list[str] = []
    for part in [*folder.split("/"), *link.split("/")]:
        if part == "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)
