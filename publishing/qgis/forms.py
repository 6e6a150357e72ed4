"""What QGIS shows of a row: aliases, value maps, attribute forms and map tips, generated from the contracts.

Belongs here: the reading side of a layer. Does not belong here: colours and symbols (``styles``).
"""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from data_sources.contracts import Contract, Field
from data_sources.contracts.published.places import FORM, TABS
from publishing.colours import CONTRIBUTIONS
from publishing.words import KIND_WORDS, STATUS_SAID, STATUS_WORDS

_LONG = ("explanation", "sources", "flags", "status_reason", "top_sites", "top_elements", "missing", "notes", "advice")


def _config(options: str) -> str:
    return f'<config><Option type="Map">{options}</Option></config>'


def _widget(field: Field) -> str:
    if field.vocabulary:
        words = {**STATUS_WORDS, **KIND_WORDS}
        entries = "".join(
            f'<Option type="Map"><Option type="QString" name={quoteattr(words.get(v, v))} value={quoteattr(v)}/></Option>'
            for v in field.vocabulary
        )
        return f'<editWidget type="ValueMap">{_config(f"""<Option type="List" name="map">{entries}</Option>""")}</editWidget>'
    long = "true" if field.name in _LONG else "false"
    options = (
        f'<Option type="bool" name="IsMultiline" value="{long}"/><Option type="bool" name="UseHtml" value="false"/>'
    )
    return f'<editWidget type="TextEdit">{_config(options)}</editWidget>'


def alias_of(field: Field) -> str:
    """The alias of a column: its title and its unit."""
    return f"{field.title} [{field.unit}]" if field.unit else field.title


def field_xml(contract: Contract) -> str:
    """Aliases, widgets, read-only marks and attribute-table order of every column, ``fid`` hidden."""
    fields = "".join(
        f'<field name={quoteattr(f.name)} configurationFlags="None">{_widget(f)}</field>' for f in contract.fields
    )
    hidden = '<field name="fid" configurationFlags="None"><editWidget type="Hidden"><config><Option/></config></editWidget></field>'
    aliases = "".join(
        f'<alias index="{i}" field={quoteattr(f.name)} name={quoteattr(alias_of(f))}/>'
        for i, f in enumerate(contract.fields, start=1)
    )
    columns = '<column type="field" name="fid" hidden="1" width="-1"/>' + "".join(
        f'<column type="field" name={quoteattr(f.name)} hidden="0" width="-1"/>' for f in contract.fields
    )
    read_only = "".join(f'<field name={quoteattr(n)} editable="0"/>' for n in ("fid", *contract.names()))
    return (
        f"<fieldConfiguration>{hidden}{fields}</fieldConfiguration>"
        f'<aliases><alias index="0" field="fid" name=""/>{aliases}</aliases>'
        f'<attributetableconfig actionWidgetStyle="dropDown" sortExpression="" sortOrder="0"><columns>{columns}</columns></attributetableconfig>'
        f"<editable>{read_only}</editable>"
    )


def block_form(contract: Contract, relations: tuple[tuple[str, str], ...] = ()) -> str:
    """The tabbed form of a block; ``relations`` are (relation id, label) pairs shown on a tab of their own."""
    index = {n: i for i, n in enumerate(contract.names(), start=1)}
    tabs = []
    shown = contract.shown(FORM)
    for title in TABS:
        names = [f.name for f, show in shown if (show.group or TABS[-1]) == title]
        inner = "".join(f'<attributeEditorField name={quoteattr(n)} index="{index[n]}" showLabel="1"/>' for n in names)
        tabs.append(_tab(title, inner))
    if relations:
        inner = "".join(_relation(i, label) for i, label in relations)
        tabs.insert(1, _tab("Sites and elements", inner))
    return f"<editorlayout>tablayout</editorlayout><attributeEditorForm>{''.join(tabs)}</attributeEditorForm>"


def relation_form(contract: Contract, relations: tuple[tuple[str, str], ...]) -> str:
    """A form of two tabs: all fields, and the related rows."""
    fields = "".join(
        f'<attributeEditorField name={quoteattr(n)} index="{i}" showLabel="1"/>'
        for i, n in enumerate(contract.names(), start=1)
    )
    tabs = _tab(contract.title, fields) + _tab("Related", "".join(_relation(i, label) for i, label in relations))
    return f"<editorlayout>tablayout</editorlayout><attributeEditorForm>{tabs}</attributeEditorForm>"


def _relation(identifier: str, label: str) -> str:
    return (
        f"<attributeEditorRelation name={quoteattr(identifier)} relation={quoteattr(identifier)} label={quoteattr(label)} "
        'showLabel="1" relationWidgetTypeId="relation_editor" nmRelationId="" forceSuppressFormPopup="0">'
        '<editor_configuration type="Map"><Option type="QString" name="buttons" value="NoButton"/>'
        '<Option type="bool" name="show_first_feature" value="true"/></editor_configuration></attributeEditorRelation>'
    )


def _tab(title: str, inner: str) -> str:
    return (
        f'<attributeEditorContainer name={quoteattr(title)} groupBox="0" columnCount="1" showLabel="1" '
        f'visibilityExpressionEnabled="0" visibilityExpression="" collapsed="0">{inner}</attributeEditorContainer>'
    )


def html_safe(expression: str) -> str:
    """A QGIS expression for a text that may hold anything, safe inside HTML."""
    return f"replace(replace(replace(coalesce({expression}, ''), '&', '&amp;'), '<', '&lt;'), '>', '&gt;')"


def _show(expression: str) -> str:
    return f"[% {html_safe(expression)} %]"


def block_tip(mark: str) -> str:
    """Map tip of a block: name, status, rank interval, a small bar of contributions, explanation, sources."""
    cells = "".join(
        f'<td bgcolor="{colour}" width="[% round(2.4 * coalesce("{name}", 0)) %]" height="9"></td>'
        for name, _, colour in CONTRIBUTIONS
    )
    # An axis that is not in the score is not shown as a zero.
    key = " &nbsp; ".join(
        f'[% if("{name}" is null, \'\', \'<font color="{colour}">&#9632;</font> {word} \' || round("{name}", 1)) %]'
        for name, word, colour in CONTRIBUTIONS
    )
    warning = f'<b><font color="#b00020">{escape(mark)}</font></b><br>' if mark else ""
    status = (
        "CASE " + " ".join(f"WHEN \"status\" = '{k}' THEN '{v}'" for k, v in STATUS_SAID.items()) + ' ELSE "status" END'
    )
    ranked = (
        "if(\"status\" = 'RANKED', 'Rank ' || \"rank\" || ' (' || round(\"rank_p05\") || ' to ' || round(\"rank_p95\") || '), score ' || "
        f"round(\"score_mean\", 1), {status} || coalesce(': ' || \"status_reason\", ''))"
    )
    bar = (
        f"<div style=\"display:[% if(\"status\" = 'RANKED', 'block', 'none') %]\">"
        f'<table cellspacing="0" cellpadding="0"><tr>{cells}<td bgcolor="#e6e6e6" width="[% round(2.4 * (100 - coalesce("score_mean", 0))) %]" height="9"></td></tr></table>'
        f"<small>{key}</small></div>"
    )
    place = _show("coalesce(\"district\" || ', ', '') || coalesce(\"state\", '')")
    q = '"{}"'.format
    elements = "coalesce(\"top_elements\", 'likely, not measured: ' || \"likely_companions\", 'not known')"
    return (
        f'<div style="width:340px;font-family:sans-serif;font-size:12px">{warning}<b>{_show(q("name"))}</b> '
        f"<small>{_show(q('block_id'))}</small><br>{place}<br><b>{_show(ranked)}</b><br>{bar}"
        f"<p>{_show(q('explanation'))}</p>"
        f"<p><small>Elements: {_show(elements)}<br>Knowledge class: {_show(q('knowledge_class'))}"
        f"<br>Sources: {_show(_cut('sources'))}</small></p></div>"
    )


def _cut(field: str) -> str:
    return f'if(length("{field}") > 240, left("{field}", 240) || \' …\', "{field}")'


def site_tip(mark: str) -> str:
    """Map tip of a waste site."""
    warning = f'<b><font color="#b00020">{escape(mark)}</font></b><br>' if mark else ""
    q = '"{}"'.format
    tonnage = "if(\"tonnage_t_p50\" is null, 'tonnage not known', format_number(\"tonnage_t_p50\" / 1e6, 2) || ' Mt (' || format_number(\"tonnage_t_p10\" / 1e6, 2) || ' to ' || format_number(\"tonnage_t_p90\" / 1e6, 2) || ', P10 low to P90 high)')"
    return (
        f'<div style="width:320px;font-family:sans-serif;font-size:12px">{warning}<b>{_show(q("name"))}</b> <small>{_show(q("site_id"))}</small><br>'
        f"{_show(q('waste_type_text'))}<br>{_show(tonnage)}<br>Knowledge class: {_show(q('knowledge_class'))}"
        f"<br>{_show(q('status_reason'))}<br><small>Sources: {_show(_cut('sources'))}</small></div>"
    )


def tip_xml(html: str) -> str:
    """A map tip as the element that QGIS stores; 3.22 knows no attribute on it."""
    return f"<mapTip>{escape(html)}</mapTip>"
