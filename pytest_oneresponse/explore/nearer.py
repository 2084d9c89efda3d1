"""Numbers that bring a sum, a product, a remainder or a checksum nearer to what it is compared with."""

from __future__ import annotations

import decimal
import re
from collections.abc import Iterator
from typing import Any

from .addresses import is_free
from .draft import DOCUMENTS, Address, Draft
from .matching import Derived
from .recording import Observation


def nearer(
    draft: Draft, atoms: list[tuple[Address, Any]], known: list[Derived], event: Observation
) -> Iterator[Draft | None]:
    """Where no atom is what was compared: numbers that may bring a sum, a product or a checksum there."""
    left, right = event.given, event.other if event.kind == "compare" else 0
    if not is_number(left) or not is_number(right):
        return
    gap = right - left
    numeric = [(address, atom) for address, atom in atoms if is_free(address, atom) and _is_numeric(atom)]
    steps = [gap, gap + 1, gap - 1, -gap]
    # A remainder may have been compared: then its modulus says how far to go round.
    steps += [gap % one.modulus for one in known if one.modulus and one.result == left]
    yield from _of_digit_sum(draft, atoms, left, right)
    for modulus in (one.modulus for one in known if one.modulus and one.result == left):
        texts = [(address, atom) for address, atom in atoms if isinstance(atom, str)]
        for address, atom in texts[:_LIKELY] if modulus in _OF_A_DIGIT else ():
            yield draft.put(address, _check_digit(atom, gap, modulus))
        for address, atom in texts:
            yield draft.put(address, _check_digits(atom, gap, modulus))
    for step in dict.fromkeys(steps):
        for address, atom in numeric:
            yield _stepped(draft, address, atom, step)
    yield _all_stepped(draft, numeric, gap)
    for address, atom in numeric:
        for scale in (100, 0):
            yield draft.put(address, _number(atom) * scale)
    for step in range(1, 10):
        for address, atom in numeric:
            yield draft.put(address, _last_digit(atom, step) if isinstance(atom, str) else atom + step)


def resized(members: list[Any], count: int, limit: int, equal: bool) -> Iterator[tuple[int, list[Any]]]:
    """A list of which something, that there was `count` times, may be there so often that a limit is passed, or met (`equal`).

    Where it is not its length, some of its members are counted: there are as many more of its last one. Each with its cost.
    """
    is_length = len(members) == count
    sizes = (limit,) if equal and count != limit else (limit + 1, limit) if count <= limit else (limit, limit - 1)
    for place, size in enumerate(sizes if is_length else (len(members) + sizes[0] - count,)):
        if members and 0 <= size <= _MOST_MEMBERS:
            yield place + (0 if is_length else 3), [*members, *members[-1:] * (size - len(members))][:size]


_MOST_MEMBERS = 200


_OF_A_DIGIT = (10, 11)
"""The moduli of check digits, as of cards' and books' numbers."""
_LIKELY = 3
"""So many of the texts that were looked at last may end in a check digit."""


def _of_digit_sum(draft: Draft, atoms: list[tuple[Address, Any]], left: Any, right: Any) -> Iterator[Draft | None]:
    """Texts whose digits come to what was compared, with others that come to what it was compared with."""
    for address, atom in atoms:
        if isinstance(atom, str) and len(atom) > 1 and atom.isdecimal() and atom.isascii():
            for is_sum, wanted in ((left, right), (right, left)):
                if sum(map(int, atom)) == is_sum and 0 <= wanted <= 9 * len(atom):
                    nines, rest = divmod(int(wanted), 9)
                    yield draft.put(
                        address, ("9" * nines + (str(rest) if nines < len(atom) else "")).ljust(len(atom), "0")
                    )


def _all_stepped(draft: Draft, numeric: list[tuple[Address, Any]], gap: Any) -> Draft | None:
    """Every number of a JSON body moved by its share of the way."""
    numbers = [(address, atom) for address, atom in numeric if address[0] in DOCUMENTS]
    changed: Draft | None = draft
    for address, atom in numbers:
        share = int(gap / len(numbers)) + (1 if gap > 0 else -1)
        changed = changed.put(address, _number(atom) + share) if changed is not None else None
    return changed if numbers else None


def _stepped(draft: Draft, address: Address, atom: Any, step: Any) -> Draft | None:
    if isinstance(atom, str) and isinstance(step, int) and not atom.lstrip("-").isdigit():
        return draft.put(address, _stepped_text(atom, step))
    if isinstance(atom, str) and len(atom) > 5 and isinstance(step, int):
        return draft.put(address, _last_digit(atom, step))
    try:
        value = _number(atom) + step
    except TypeError:
        value = float(_number(atom)) + float(step)
    return draft.put(address, value)


def _stepped_text(text: str, step: int) -> str:
    """The text with its first digits moved on by a step, in as many places: where some checksums stand."""
    digits = re.search(r"\d+", text)
    if digits is None:
        return text
    width = len(digits[0])
    return text[: digits.start()] + str((int(digits[0]) + step) % 10**width).zfill(width) + text[digits.end() :]


def _check_digit(text: str, step: int, modulus: int) -> str:
    """The text with its last digit moved on by a step; where it has none such, another digit is, and the step is then another."""
    found = [place for place, character in enumerate(text) if character.isdecimal()]
    if not found:
        return text
    if modulus == 10 or int(text[found[-1]]) + step % modulus < 10:
        return _last_digit(text, step % modulus)
    place = found[-2] if len(found) > 1 else found[-1]
    return text[:place] + str((int(text[place]) + 1) % 10) + text[place + 1 :]


def _check_digits(text: str, step: int, modulus: int) -> str:
    """The text with the two check digits that stand first in it, as in an IBAN, moved on by a step."""
    found = re.search(r"\d\d", text)
    if found is None:
        return text
    moved = (int(found[0]) + step) % modulus
    return text[: found.start()] + str(moved).zfill(2) + text[found.end() :]


def _last_digit(text: str, step: int) -> str:
    """The text with its last digit moved on, round the ten of them: so checksums are met."""
    place = max((n for n, character in enumerate(text) if character.isdigit()), default=-1)
    if place < 0:
        return text
    return text[:place] + str((int(text[place]) + step) % 10) + text[place + 1 :]


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float, decimal.Decimal)) and not isinstance(value, bool)


def _is_numeric(atom: Any) -> bool:
    if is_number(atom):
        return True
    return isinstance(atom, str) and sum(character.isdigit() for character in atom) * 2 >= max(len(atom), 1)


def _number(atom: Any) -> Any:
    if isinstance(atom, str):
        try:
            return int(atom)
        except ValueError:
            try:
                return float(atom)
            except ValueError:
                return 0
    return atom
