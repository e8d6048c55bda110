"""The grammar of `environment=`: KEY=value pairs as a simple shell-like lexer cuts them (supervisord-4.3 §1.6).

The lexer is shlex in its non-POSIX mode with a few more word characters; it is ours because it also tells what the
grammar drops, and held against shlex by a property test.
"""

from __future__ import annotations

from initd.config.values import BadValue

_BLANKS = " \t\r\n"
_WORD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/.+-():")
_QUOTES = "'\""


def key_value_pairs(text: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """The pairs, and the pieces of text that the grammar drops without an error."""
    tokens, comments = split(text)
    pairs: dict[str, str] = {}
    dropped: list[str] = []
    for start in range(0, len(tokens), 4):
        if len(tokens) < start + 3 or tokens[start + 1] != "=":
            raise BadValue(
                f"Unexpected end of key/value pairs in value '{text}'",
                'expected KEY="value" pairs separated by commas; only letters, digits and _/.+-(): need no quotes',
            )
        key = tokens[start]
        if key in pairs:
            dropped.append(f"{key}={pairs[key]}")
        pairs[key] = tokens[start + 2].strip(_QUOTES)
        separator = tokens[start + 3 : start + 4]
        if separator and separator[0] not in (",", ";"):
            dropped.append(separator[0])
    return pairs, (*dropped, *comments)


def split(text: str) -> tuple[list[str], list[str]]:
    """The tokens of a text, quotes kept, and its comments; BadValue for a quote that does not close."""
    tokens: list[str] = []
    comments: list[str] = []
    word = ""
    at = 0
    while at < len(text):
        character = text[at]
        if character in _BLANKS:
            word = _flush(word, tokens)
            at += 1
        elif character == "#":  # up to the end of the line; a word around it goes on
            end = _line_end(text, at)
            comments.append(text[at:end].rstrip())
            at = end + 1
        elif character in _WORD or (word and character in _QUOTES):
            word += character
            at += 1
        elif character in _QUOTES:
            end = text.find(character, at + 1)
            if end < 0:
                raise BadValue("No closing quotation", f"the quote {character} is opened and never closed")
            tokens.append(text[at : end + 1])
            at = end + 1
        else:
            word = _flush(word, tokens)
            tokens.append(character)
            at += 1
    _flush(word, tokens)
    return tokens, comments


def _flush(word: str, tokens: list[str]) -> str:
    if word:
        tokens.append(word)
    return ""


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end
