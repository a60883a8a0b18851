"""Addresses inside this site: where a reader is, and where a redirect may lead."""

from urllib.parse import quote

from fastapi import Request


def local_path(wanted: str | None) -> str | None:
    """`wanted` if it is a path of this site, else None: no redirect leads away."""
    if not wanted or not wanted.startswith("/") or wanted.startswith("//") or "\\" in wanted:
        return None
    return wanted if wanted.isprintable() else None


def address_of(request: Request) -> str:
    """Path and query of the page that is shown; "/" for what cannot be asked for again."""
    if request.method != "GET":
        return "/"
    query = f"?{request.url.query}" if request.url.query else ""
    return local_path(quote(request.scope["path"]) + query) or "/"
