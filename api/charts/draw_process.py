"""Draws charts in a process of its own: reads a JSON list of orders on stdin, answers each with its length and bytes.

Run as a script. The engine holds the interpreter's lock while it draws, for up to a second; in the service's own
process alarms would wait for it.
"""

import json
import struct
import sys

import vl_convert


def drawn(order: dict[str, object]) -> bytes:
    """An SVG, a PNG, or the scripts that draw in a browser. Nothing is fetched from anywhere."""
    if order["form"] == "bundle":
        return str(vl_convert.javascript_bundle()).encode()  # type: ignore[call-arg]  # its stub lacks the default
    if order["form"] == "png":
        return bytes(vl_convert.vegalite_to_png(order["spec"], scale=2, allowed_base_urls=[]))  # type: ignore[arg-type]
    return str(vl_convert.vegalite_to_svg(order["spec"], allowed_base_urls=[])).encode()  # type: ignore[arg-type]


def main() -> None:
    for order in json.load(sys.stdin):
        picture = drawn(order)
        sys.stdout.buffer.write(struct.pack(">Q", len(picture)) + picture)


if __name__ == "__main__":
    main()
