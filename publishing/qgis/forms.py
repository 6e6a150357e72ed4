"""What QGIS shows of a row: aliases, words for codes, figures in words, forms, the answer on a click.

Belongs here: the reading side of a layer. Does not belong here: colours and symbols (``styles``), map tips (``tips``), how a
figure is worded (``said``).
"""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from data_sources.contracts import Contract, Field
from data_sources.contracts.published.places import FORM, TABS
from publishing.qgis.said import Said, kilograms_said, said_columns
from publishing.qgis.tips import in_words
from publishing.words import CLASS_WORDS, KIND_WORDS, LEASE_WORDS, PROSPECT_WORDS, STATUS_SAID, STATUS_WORDS

_LONG = (
    "explanation", "sources", "flags", "cautions", "status_reason", "top_sites",  "missing", "notes", "advice",

)  # fmt: skip
# A column without a closed list of codes in its contract, whose codes have words all the same.
_WORDS_OF = {"lease_status": LEASE_WORDS}
# Told only where there is something to tell: an empty line reads NULL in QGIS.
_WHERE_KNOWN = (
    "status_reason",
    "likely_companions",
    "likely_from",
    "missing",
    "cautions",
    "top_evidence",
    "redistribute",
    "lease_status",
)
_ANSWER = (
    'coalesce("name", "block_id") || \': \' || CASE WHEN "rank" IS NOT NULL THEN \'rank \' || "rank" || \' (\' || round("rank_p05") || '
    "' to ' || round(\"rank_p95\") || coalesce('), ' || lower(" + in_words("prospect", PROSPECT_WORDS) + "), ')') ELSE "
    "lower(" + in_words("status", STATUS_SAID) + ") END"
)
_DISPLAY = {
    "ranked_blocks": _ANSWER,
    "waste_sites": 'coalesce("name", "site_id")',
    "waste_footprints": 'coalesce("name", "site_id")',
    "site_shares": "\"site_id\" || coalesce(', ' || round(100 * \"inside\") || ' % inside ', ' in ') || \"block_id\"",
    "element_potential": "\"element\" || coalesce(': ' || ("
    + kilograms_said('"recoverable_kg_p50"')
    + ") || ' recoverable', '')",
    "site_elements": '"element"',
    "basket_ranks": "replace(\"basket\", '_', ' ') || coalesce(': rank ' || \"rank\", ': not ranked')",
    "block_evidence": "coalesce(\"title\", replace(\"evidence\", '_', ' '))",
    "sample_next": "\"site_id\" || coalesce(': ' || \"advice\", '')",
    "site_potential": 'coalesce("name", "site_id")',
}


_PLAIN = '<Option type="bool" name="UseHtml" value="false"/>'


def display_expression(contract: Contract) -> str:
    """How one row is called in lists of rows and on top of what Identify shows."""
    keys = [n for n in contract.key if n in contract.names()] or contract.names()[:1]
    return _DISPLAY.get(contract.name) or " || ' ' || ".join(f"coalesce(\"{k}\", '')" for k in keys)


def _config(options: str) -> str:
    return f'<config><Option type="Map">{options}</Option></config>'


def _value_map(words: dict[str, str]) -> str:
    entries = "".join(
        f'<Option type="Map"><Option type="QString" name={quoteattr(word)} value={quoteattr(code)}/></Option>'
        for code, word in words.items()
    )
    options = f'<Option type="List" name="map">{entries}</Option>'
    return f'<editWidget type="ValueMap">{_config(options)}</editWidget>'


def _text_edit(*, long: bool) -> str:
    multiline = f'<Option type="bool" name="IsMultiline" value="{str(long).lower()}"/>'
    return f'<editWidget type="TextEdit">{_config(multiline + _PLAIN)}</editWidget>'


def _widget(field: Field) -> str:
    words = _WORDS_OF.get(field.name)
    if field.vocabulary:
        known = {**STATUS_WORDS, **KIND_WORDS, **PROSPECT_WORDS, **(CLASS_WORDS if "class" in field.name else {})}
        words = {v: known.get(v, v) for v in field.vocabulary}
    return _value_map(words) if words else _text_edit(long=field.name in _LONG)


def alias_of(field: Field) -> str:
    """The alias of a column: its title and its unit."""
    return f"{field.title} [{field.unit}]" if field.unit else field.title


def field_xml(contract: Contract) -> str:
    """Aliases, widgets, figures in words, read-only marks, order of the attribute table and how a row is called."""
    said = said_columns(contract)
    fields = "".join(
        f'<field name={quoteattr(f.name)} configurationFlags="None">{_widget(f)}</field>' for f in contract.fields
    ) + "".join(f'<field name="{s.name}" configurationFlags="None">{_text_edit(long=False)}</field>' for s in said)
    hidden = '<field name="fid" configurationFlags="None"><editWidget type="Hidden"><config><Option/></config></editWidget></field>'
    named = [*((f.name, alias_of(f)) for f in contract.fields), *((s.name, s.title) for s in said)]
    aliases = "".join(
        f'<alias index="{i}" field={quoteattr(n)} name={quoteattr(title)}/>'
        for i, (n, title) in enumerate(named, start=1)
    )
    computed = "".join(
        f'<field name="{s.name}" expression={quoteattr(s.expression)} type="10" typeName="string" subType="0" length="0" precision="0" comment=""/>'
        for s in said
    )
    columns = (
        '<column type="field" name="fid" hidden="1" width="-1"/>'
        + "".join(f'<column type="field" name={quoteattr(f.name)} hidden="0" width="-1"/>' for f in contract.fields)
        # The table keeps the figures, which sort; the words stand in the form.
        + "".join(f'<column type="field" name="{s.name}" hidden="1" width="-1"/>' for s in said)
    )
    read_only = "".join(f'<field name={quoteattr(n)} editable="0"/>' for n in ("fid", *(n for n, _ in named)))
    return (
        f"<fieldConfiguration>{hidden}{fields}</fieldConfiguration>"
        f'<aliases><alias index="0" field="fid" name=""/>{aliases}</aliases>'
        f"<expressionfields>{computed}</expressionfields>"
        f'<attributetableconfig actionWidgetStyle="dropDown" sortExpression="" sortOrder="0"><columns>{columns}</columns></attributetableconfig>'
        f"<editable>{read_only}</editable><previewExpression>{escape(display_expression(contract))}</previewExpression>"
    )


class _Lines:
    """The lines of a form: each column once, a figure by its words."""

    def __init__(self, contract: Contract) -> None:
        said = said_columns(contract)
        self._index = {n: i for i, n in enumerate([*contract.names(), *(s.name for s in said)], start=1)}
        self._said: dict[str, Said] = {column: s for s in said for column in s.tells}
        self._done: set[str] = set()

    def of(self, names: list[str]) -> str:
        """The columns as lines, in order."""
        return "".join(self._line(n) for n in names)

    def _line(self, name: str) -> str:
        shown = self._said[name].name if name in self._said else name
        if shown in self._done:
            return ""
        self._done.add(shown)
        line = f'<attributeEditorField name={quoteattr(shown)} index="{self._index[shown]}" showLabel="1"/>'
        return _tab("", line, where=f'"{name}" IS NOT NULL') if name in _WHERE_KNOWN else line


def block_form(contract: Contract, relations: tuple[tuple[str, str], ...] = ()) -> str:
    """The tabbed form of a block; ``relations`` are (relation id, label) pairs shown on a tab of their own."""
    lines, tabs = _Lines(contract), []
    shown = contract.shown(FORM)
    for title in TABS:
        tabs.append(_tab(title, lines.of([f.name for f, show in shown if (show.group or TABS[-1]) == title])))
    if relations:
        tabs.insert(1, _tab("Sites and elements", "".join(_relation(i, label) for i, label in relations)))
    return f"<editorlayout>tablayout</editorlayout><attributeEditorForm>{''.join(tabs)}</attributeEditorForm>"


def layer_form(contract: Contract, relations: tuple[tuple[str, str], ...] = ()) -> str:
    """The form of a layer or table: a block's own, else all columns, and the related rows on a tab of their own."""
    if contract.name == "ranked_blocks":
        return block_form(contract, relations)
    tabs = _tab(contract.title, _Lines(contract).of(contract.names()))
    if relations:
        tabs += _tab("Related", "".join(_relation(i, label) for i, label in relations))
    return f"<editorlayout>tablayout</editorlayout><attributeEditorForm>{tabs}</attributeEditorForm>"


def why_action(page: str) -> str:
    """The action ``Why?``: the page beside the data, opened at the block; it is an address, no code."""
    folder = "regexp_replace(layer_property(@layer_id, 'source'), '[^/]*[|].*$', '')"
    address = f"[% 'file://' || if(left({folder}, 1) = '/', '', '/') || {folder} || '{page}#' || \"block_id\" %]"
    identifier = "{6f2c6d1e-8f3c-5a43-9a53-1f0d6d6b6a02}"
    return (
        f'<attributeactions><defaultAction key="Canvas" value="{identifier}"/><actionsetting type="5" id="{identifier}" name="Why? (the page, in the browser)" '
        f'shortTitle="Why?" icon="" capture="0" isEnabledOnlyWhenEditable="0" notificationMessage="" action={quoteattr(address)}>'
        '<actionScope id="Canvas"/><actionScope id="Feature"/></actionsetting></attributeactions>'
    )


def _relation(identifier: str, label: str) -> str:
    return (
        f"<attributeEditorRelation name={quoteattr(identifier)} relation={quoteattr(identifier)} label={quoteattr(label)} "
        'showLabel="1" relationWidgetTypeId="relation_editor" nmRelationId="" forceSuppressFormPopup="0">'
        '<editor_configuration type="Map"><Option type="QString" name="buttons" value="NoButton"/>'
        '<Option type="bool" name="show_first_feature" value="true"/></editor_configuration></attributeEditorRelation>'
    )


def _tab(title: str, inner: str, where: str = "") -> str:
    """A tab, or without a title a part of one that is shown only where an expression holds."""
    return (
        f'<attributeEditorContainer name={quoteattr(title)} groupBox="{int(bool(where))}" columnCount="1" showLabel="{int(not where)}" '
        f'visibilityExpressionEnabled="{int(bool(where))}" visibilityExpression={quoteattr(where)} collapsed="0">{inner}</attributeEditorContainer>'
    )
