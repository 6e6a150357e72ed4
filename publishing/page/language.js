/* the page in a second language: its words come from the one table, its state stands in the address */
const LANGUAGE = (function () {
  const D = JSON.parse(document.getElementById('data').textContent), H = D.hindi;
  /* columns as publishing/page/packing.py wrote them */
  const column = c => Array.isArray(c) ? c : 'one' in c ? new Array(c.n).fill(c.one) : c.at.map(k => c.of[k]);
  [D.blocks, D.sites].forEach(table => Object.keys(table).forEach(name => { table[name] = column(table[name]); }));
  const asked = () => (/(?:^|[#&])lang=(en|hi)(?:&|$)/.exec(location.hash) || [])[1]; // a link to a block names none: it stays
  const now = asked() || 'en', out = { data: D, now, put: () => {} };
  const link = document.getElementById('language');
  const other = () => { const rest = location.hash.slice(1).split('&').filter(p => p && !p.startsWith('lang=')); return '#' + [...rest, 'lang=' + (now === 'hi' ? 'en' : 'hi')].join('&'); };
  link.addEventListener('click', e => { e.preventDefault(); location.hash = other(); location.reload(); });
  window.addEventListener('hashchange', () => { if ((asked() || now) !== now) location.reload(); });
  if (now !== 'hi') return out;

  /* a text is a row of the table, or made by one with values in its places; values are told in the same way */
  const EXACT = new Map(H.words.filter(([en]) => !en.includes('{')));
  const NUMBER = '(<? ?[\u2212-]?[\\d,.]+)', ANY = '(.+?)';
  const MADE = H.words.filter(([en]) => en.includes('{')).sort((a, b) => b[0].replace(/\{\w+\}/g, '').length - a[0].replace(/\{\w+\}/g, '').length).map(([en, hi]) => {
    const names = [...en.matchAll(/\{(\w+)\}/g)].map(m => m[1]);
    const pattern = en.split(/\{\w+\}/).map(t => t.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    return [new RegExp('^' + pattern.reduce((a, t, i) => a + (/^n\d*$/.test(names[i - 1]) ? NUMBER : ANY) + t) + '$'), names, hi];
  });
  function told(text) {
    const [, before, core, after] = /^(\s*)([^]*?)([\s\u25b2\u25bc]*)$/.exec(text);
    return before + word(core) + after;
  }
  function word(text) {
    if (!text || !/[A-Za-z]/.test(text)) return text;
    if (EXACT.has(text)) return EXACT.get(text);
    for (const [pattern, names, hi] of MADE) {
      const m = pattern.exec(text);
      if (m) return names.reduce((t, name, i) => t.replace('{' + name + '}', () => told(m[i + 1])), hi);
    }
    const between = text.includes('; ') ? '; ' : ', ', parts = text.split(between);
    return parts.length > 1 && parts.every(p => word(p) !== p) ? parts.map(word).join(between) : text;
  }
  const ATTRIBUTES = ['aria-label', 'placeholder'], KEPT = 'script,style,code,abbr,#language';
  function attributes(e) { ATTRIBUTES.forEach(a => { const v = e.getAttribute(a), w = v && told(v); if (w !== v) e.setAttribute(a, w); }); }
  function put(node) {
    if (node.nodeType === 3) { if (node.parentElement && !node.parentElement.closest(KEPT)) { const w = told(node.data); if (w !== node.data) node.data = w; } return; }
    if (node.nodeType !== 1 || node.closest(KEPT)) return;
    attributes(node);
    node.childNodes.forEach(put);
  }
  out.put = put;
  document.documentElement.lang = 'hi';
  link.textContent = 'English'; link.lang = 'en'; link.href = '#';
  [D.table, D.ground_table].forEach(columns => columns.forEach(c => { c[1] = told(c[1]); }));
  D.terms = H.terms.map(([, means, written]) => [written, means]);

  /* what is said of the region was worded beforehand */
  const make = (tag, text) => { const e = document.createElement(tag); e.textContent = text; return e; };
  const said = document.getElementById('said'), [first, ...rest] = H.said, list = make('ul', ''), lead = make('p', first);
  lead.className = 'lead'; rest.forEach(s => list.append(make('li', s)));
  said.querySelectorAll('.lead, ul').forEach(e => e.remove());
  said.prepend(lead, list);
  document.querySelector('.when').firstChild.data = H.when + ' ';
  const notice = make('p', H.notice); notice.className = 'when'; notice.id = 'unread'; said.after(notice);
  document.querySelector('#words dl').replaceChildren(...H.terms.flatMap(([title, means]) => [make('dt', title), make('dd', means)]));
  put(document.body);
  new MutationObserver(changes => changes.forEach(c => {
    if (c.type === 'childList') c.addedNodes.forEach(put); else if (c.type === 'attributes') attributes(c.target); else put(c.target);
  })).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ATTRIBUTES });
  return out;
}());
