"""Text from specs and platforms, made harmless to look at: what is invisible or turns other text around is spelled out.

A label may hold control characters (terminals and log viewers obey them) or marks that reverse the order of what stands
beside them, so that a reviewer reads something else than is planned.
"""

import re

_HIDDEN = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls, without tab and line feed
    "\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff"  # directions, invisible spaces and separators
    "\ud800-\udfff\ufffe\uffff"  # no characters at all: no encoder and no XML document takes them
    "]"
)


def spell(text: str) -> str:
    r"""Return the text with every hidden character as its escape, `\u202e` for example; tabs and line feeds stay."""
    return _HIDDEN.sub(lambda found: f"\\u{ord(found.group()):04x}", text)
