"""Map tips: what QGIS shows of a block or a site when the mouse rests on it.

Belongs here: the little page of a tip. Does not belong here: forms (``forms``), figures in words (``said``).

QGIS draws tips by one engine or another, some without styles: nothing is hidden by a style, what is not to be seen is not
written, and no table stands in another.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

from publishing.colours import CONTRIBUTIONS
from publishing.qgis.said import number_said, tonnes_said
from publishing.words import CLASS_WORDS, STATUS_SAID


def in_words(column: str, words: dict[str, str]) -> str:
    """An expression for the word of a code; the code without underscores where it has none."""
    cases = "".join(f" WHEN \"{column}\" = '{k}' THEN '{quoted(v)}'" for k, v in words.items())
    return f"CASE{cases} ELSE replace(\"{column}\", '_', ' ') END"


def quoted(text: str) -> str:
    """A text inside the quotes of an expression."""
    return text.replace("'", "’")


def html_safe(expression: str, *, blank: bool = True) -> str:
    """A QGIS expression for a text that may hold anything, safe inside HTML; a missing one is empty, or NULL."""
    text = f"coalesce({expression}, '')" if blank else expression
    return f"replace(replace(replace({text}, '&', '&amp;'), '<', '&lt;'), '>', '&gt;')"


def _show(expression: str) -> str:
    return f"[% {html_safe(expression)} %]"


def block_tip(mark: str) -> str:
    """Map tip of a block: name, status, rank interval, a small bar of contributions, explanation, shape, sources."""
    ranked = (
        "if(\"status\" = 'RANKED', 'Rank ' || \"rank\" || ' (' || round(\"rank_p05\") || ' to ' || round(\"rank_p95\") || '), score ' || "
        f"round(\"score_mean\", 1), {in_words('status', STATUS_SAID)} || coalesce(': ' || \"status_reason\", ''))"
    )
    place = _show("coalesce(\"district\" || ', ', '') || coalesce(\"state\", '')")
    q = '"{}"'.format
    elements = "coalesce(\"top_elements\", 'likely, not measured: ' || \"likely_companions\" || coalesce(' (from ' || \"likely_from\" || ')', ''), 'not known')"
    return (
        f"<div>{_warning(mark)}<b>{_show(q('name'))}</b> <small>{_show(q('block_id'))}</small><br>{place}<br><b>{_show(ranked)}</b>"
        f"<br>{_bar()}<p>{_show(q('explanation'))}</p><p><small>Shape: {_show(q('shape_meaning'))}<br>Elements: {_show(elements)}"
        f"<br>Knowledge: {_show(in_words('knowledge_class', CLASS_WORDS))}{_line('Cautions', 'cautions')}"
        f"<br>Sources: {_show(_cut('sources'))}</small></p></div>"
    )


def _warning(mark: str) -> str:
    return f'<b><font color="#b00020">{escape(mark)}</font></b><br>' if mark else ""


def _line(label: str, column: str) -> str:
    """A line of its own where the column is known, else nothing at all."""
    return f"[% coalesce('<br>{label}: ' || {html_safe(chr(34) + column + chr(34), blank=False)}, '') %]"


def _bar() -> str:
    """The contributions of a ranked block as one table of one row, and their key; nothing where there is no score."""
    cells = " || ".join(
        f'\'<td bgcolor="{colour}" width="\' || round(2.4 * coalesce("{name}", 0)) || \'" height="9"></td>\''
        for name, _, colour in CONTRIBUTIONS
    )
    rest = '\'<td bgcolor="#e6e6e6" width="\' || round(2.4 * (100 - coalesce("score_mean", 0))) || \'"></td>\''
    # An axis that is not in the score is not shown as a zero.
    key = " || ".join(
        f"coalesce('<font color=\"{colour}\">&#9632;</font> {word} ' || round(\"{name}\", 1) || ' &nbsp; ', '')"
        for name, word, colour in CONTRIBUTIONS
    )
    table = f"'<table cellspacing=\"0\" cellpadding=\"0\"><tr>' || {cells} || {rest} || '</tr></table><small>' || {key} || '</small>'"
    return f"[% if(\"status\" = 'RANKED', {table}, '') %]"


def _cut(field: str) -> str:
    return f'if(length("{field}") > 240, left("{field}", 240) || \' …\', "{field}")'


def site_tip(mark: str) -> str:
    """Map tip of a waste site."""
    q = '"{}"'.format
    low, middle, high = (tonnes_said(f'"tonnage_t_{p}"') for p in ("p10", "p50", "p90"))
    tonnage = f"if(\"tonnage_t_p50\" is null, 'tonnage not known', ({middle}) || ' (' || ({low}) || ' to ' || ({high}) || ', P10 low to P90 high)')"
    km = number_said('"position_accuracy_m" / 1000')
    position = f"coalesce('position known to ' || ({km}) || ' km', 'accuracy of the position not stated')"
    return (
        f"<div>{_warning(mark)}<b>{_show(q('name'))}</b> <small>{_show(q('site_id'))}</small><br>"
        f"{_show(q('waste_type_text'))}<br>{_show(tonnage)}<br>{_show(position)}"
        f"<br>Knowledge: {_show(in_words('knowledge_class', CLASS_WORDS))}"
        f"{_line('Law', 'status_reason')}<br><small>Sources: {_show(_cut('sources'))}</small></div>"
    )


def tip_xml(html: str) -> str:
    """A map tip as the element that QGIS stores; 3.22 knows no attribute on it."""
    return f"<mapTip>{escape(html)}</mapTip>"
