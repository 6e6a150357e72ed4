"""The table of all cards in ``docs/sources.md``, made from the cards so that it cannot differ from them.

Run ``python -m data_sources.cards.listing`` after a card has changed.
"""

from __future__ import annotations

from pathlib import Path

from data_sources.cards.card import card_names, load_card

BEGIN, END = "<!-- cards: begin (made by data_sources.cards.listing) -->", "<!-- cards: end -->"


def table() -> str:
    """One row a card: name, title, protocol and layer, licence, whether rows may be passed on, contract."""
    lines = [
        "| card | what | protocol: layer | rows | licence | may be passed on | contract |",
        "|---|---|---|---:|---|---|---|",
    ]
    for name in card_names():
        card = load_card(name)
        place = f"{card.protocol}: {card.layer or card.path}" if card.layer or card.path else card.protocol
        rows = f"{card.expected_rows:,}" if card.expected_rows else ""
        licence = card.licence.replace("|", "/")
        lines.append(
            f"| `{name}` | {card.title} | {place} | {rows} | {licence} | {card.redistribute} | {card.contract or ''} |"
        )
    return "\n".join(lines)


def insert(text: str) -> str:
    """The document with the table between its two marks."""
    head, rest = text.split(BEGIN)
    return f"{head}{BEGIN}\n\n{table()}\n\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    document = Path("docs/sources.md")
    document.write_text(insert(document.read_text(encoding="utf-8")), encoding="utf-8")
