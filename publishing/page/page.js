'use strict';
(function () {
  const D = LANGUAGE.data;
  const B = D.blocks, N = B.block_id.length;
  const $ = id => document.getElementById(id);
  const el = (tag, text, cls) => { const e = document.createElement(tag); if (text !== undefined && text !== null) e.textContent = text; if (cls) e.className = cls; return e; };
  const known = v => v !== null && v !== undefined && v !== '';

  /* words */
  const PLAIN = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 12 }); // one for all: to make one takes longer than to use it
  const num = (x, d) => known(x) ? PLAIN.format(Number(x.toPrecision(d || 3))) : 'not known';
  const amount = x => { if (!known(x)) return 'not known'; const a = Math.abs(x); return a >= 1e9 ? num(x / 1e9) + ' billion' : a >= 1e6 ? num(x / 1e6) + ' million' : a >= 1e4 ? num(x / 1e3) + ' thousand' : num(x); };
  const tonnes = x => !known(x) ? 'not known' : Math.abs(x) >= 1e5 ? num(x / 1e6) + ' Mt' : num(x) + ' t';
  const mass = x => !known(x) ? 'not known' : Math.abs(x) >= 1e7 ? num(x / 1e6) + ' kt' : Math.abs(x) >= 1e3 ? num(x / 1e3) + ' t' : num(x) + ' kg';
  const share = x => known(x) ? Math.round(100 * x) + ' %' : 'not known';
  const chance = x => x < 0.01 ? '< 1 %' : x > 0.99 ? '> 99 %' : share(x);
  const place = x => known(x) ? String(Math.abs(x - Math.round(x)) < 0.05 ? Math.round(x) : x.toFixed(1)) : '';
  /* Indian money: 1 crore is 1e7 rupees; digits in groups of two above the thousand */
  const RATE = parseFloat(D.info.inr_per_usd);
  const grouped = x => { const [whole, part] = Math.abs(x).toFixed(2).split('.'), end = whole.slice(-3); return (x < 0 && (+whole || +part) ? '\u2212' : '') + whole.slice(0, -3).replace(/\B(?=(\d\d)+$)/g, ',') + (whole.length > 3 ? ',' : '') + end + '.' + part; };
  const crore = x => !known(x) ? 'not known' : x ? 'Rs ' + grouped(x) + ' crore' : 'Rs 0';
  const inr = usd => usd * RATE / 1e7, range = (a, c, say) => known(a) && known(c) ? ' (P10 ' + say(a) + ' to P90 ' + say(c) + ')' : '';
  const money = (a, b, c) => !known(b) ? 'not known' : !(RATE > 0) ? triple(a, b, c, amount, 'USD') : crore(inr(b)) + range(a, c, v => v ? grouped(inr(v)) : '0') + '; USD ' + triple(a, b, c, amount);
  const triple = (a, b, c, say, unit) => !known(b) ? 'not known' : say(b) + (unit ? ' ' + unit : '') + (known(a) && known(c) ? ' (P10 ' + say(a) + ' to P90 ' + say(c) + ')' : '');

  /* filters and order */
  // Where nothing is ranked, the list by fertility is what there is to read.
  const ground = !B.rank.some(known) && B.rank_fertility.some(known);
  const COLUMNS = ground ? D.ground_table : D.table.filter(([key]) => key !== 'rank_fertility' || B.rank_fertility.some(known));
  const PAGE = 500;
  let sort = { key: 'rank', up: true }, shown = [], chosen = -1, limit = PAGE;
  /* search: a word finds whole words (from four letters on also what starts with it); a symbol only what holds the element */
  const split = t => (t || '').toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) || [];
  const ELEMENTS = D.search.elements, SYMBOL = {}, NAMED = {};
  Object.keys(ELEMENTS).forEach(e => { SYMBOL[e.toLowerCase()] = e; NAMED[ELEMENTS[e].split(' ')[0]] = e; });
  const symbols = i => {
    const found = new Set((D.elements[B.block_id[i]] || []).map(e => e[0]));
    [B.top_elements[i], B.likely_companions[i], B.minerals[i], B.main_product[i]].filter(known).forEach(t => {
      (t.match(/\b[A-Z][A-Za-z]{0,2}\b/g) || []).forEach(e => { if (ELEMENTS[e]) found.add(e); });
      split(t).forEach(w => { if (NAMED[w]) found.add(NAMED[w]); });
    });
    return found;
  };
  /* what is looked through, of a block that somebody searches for */
  const once = make => { const kept = []; return i => kept[i] || (kept[i] = make(i)); };
  const has = once(symbols);
  const words = once(i => new Set(split([B.name[i], B.block_id[i], B.district[i], B.state[i], D.search.states[B.state[i]], B.minerals[i], B.operator[i], B.lease_holder[i], B.preferred_bidder[i], ...[...has(i)].map(e => ELEMENTS[e])].filter(known).join(' '))));
  function speaks(i, asked) {
    return asked.every(w => SYMBOL[w] ? has(i).has(SYMBOL[w]) || (w.length > 2 && words(i).has(w)) : words(i).has(w) || (w.length > 3 && [...words(i)].some(t => t.startsWith(w))));
  }

  function fill(select, values, words) {
    select.append(new Option('all', ''));
    values.forEach(v => select.append(new Option(words && words[v] || v, v)));
  }
  const distinct = key => [...new Set(B[key].filter(known))].sort();
  fill($('f-kind'), distinct('kind'), D.kinds);
  fill($('f-prospect'), Object.keys(D.value_words.prospect).filter(p => B.prospect.includes(p)), D.short_words.prospect);
  fill($('f-status'), distinct('status'), D.statuses);
  fill($('f-state'), distinct('state'));
  fill($('f-open_to_bid'), distinct('open_to_bid'), D.short_words.open_to_bid);
  fill($('f-concession'), distinct('concession'), D.value_words.concession);
  $('f-concession').closest('label').hidden = !distinct('concession').length;
  const ranked = {};
  B.kind.forEach((k, i) => { if (known(B.rank[i])) ranked[k] = (ranked[k] || 0) + 1; });
  const first = Object.keys(D.kinds).find(k => ranked[k]); // waste blocks are the primary ranking
  const listed = {};
  B.kind.forEach((k, i) => { if (known(B.rank_fertility[i])) listed[k] = (listed[k] || 0) + 1; });
  const most = Object.keys(D.kinds).filter(k => listed[k]).sort((a, b) => listed[b] - listed[a])[0];
  if (first) $('f-kind').value = first; else if (most) { $('f-kind').value = most; sort.key = 'rank_fertility'; } else sort.key = 'name';

  const CHOICES = ['kind', 'prospect', 'status', 'state', 'open_to_bid', 'concession'], LIMITS = ['rank', 'p20'];
  const label = id => $(id).closest('label').firstChild.textContent.trim();
  const asked = () => split($('f-text').value);
  function passes(i) {
    for (const key of CHOICES) { const v = $('f-' + key).value; if (v && B[key][i] !== v) return false; }
    const r = parseFloat($('f-rank').value), p = parseFloat($('f-p20').value);
    if (!isNaN(r) && !(known(B.rank[i]) && B.rank[i] <= r)) return false;
    if (!isNaN(p) && !(known(B.p_top20[i]) && B.p_top20[i] >= p)) return false;
    return true;
  }
  /* what the other filters hide of what the search finds, by kind */
  function hidden(found) {
    const away = {}, set = [...CHOICES, ...LIMITS].map(k => 'f-' + k).filter(id => $(id).value).map(label);
    found.forEach(i => { if (!passes(i)) away[B.kind[i]] = (away[B.kind[i]] || 0) + 1; });
    const n = Object.values(away).reduce((a, b) => a + b, 0);
    $('hidden').hidden = !n;
    $('hidden').firstElementChild.textContent = n + (asked().length ? ' further hit' + (n > 1 ? 's' : '') : ' more') + ' hidden by ' + set.join(', ') + ': ' + Object.entries(away).map(([k, v]) => v + ' ' + (D.kinds[k] || k).toLowerCase() + (v > 1 ? 's' : '')).join(', ') + '.';
  }
  function order() {
    const v = B[sort.key], s = sort.up ? 1 : -1;
    shown.sort((a, b) => {
      const x = v[a], y = v[b];
      if (!known(x) || !known(y)) return known(x) ? -1 : known(y) ? 1 : a - b; // missing is last, whatever the order
      return (x < y ? -s : x > y ? s : 0) || a - b;
    });
  }

  /* table; survey sheets lie in several states, so theirs has no column for one */
  const columns = () => COLUMNS.filter(([key]) => key !== 'state' || shown.some(i => known(B.state[i])));
  function header() {
    const row = el('tr');
    columns().forEach(([key, title]) => {
      const th = el('th'), button = el('button', title + (sort.key === key ? (sort.up ? ' ▲' : ' ▼') : ''));
      th.scope = 'col';
      th.setAttribute('aria-sort', sort.key === key ? (sort.up ? 'ascending' : 'descending') : 'none');
      button.type = 'button';
      button.dataset.key = key;
      const term = D.terms.find(([written]) => new RegExp(written).test(title));
      if (term) button.dataset.means = term[1];
      button.addEventListener('click', () => {
        sort = { key, up: sort.key === key ? !sort.up : !['score_mean', 'p_top20', 'fertility_axis', 'fertility_axis_p10', 'p_pays', 'npv_inr_crore_p50', 'tonnage_t_p50'].includes(key) };
        draw(); const again = document.querySelector('#table th button[data-key="' + key + '"]'); if (again) again.focus();
      });
      th.append(button); row.append(th);
    });
    document.querySelector('#table thead').replaceChildren(row);
  }
  function cell(key, i) {
    const v = B[key][i];
    if (key === 'status') return el('td', D.statuses[v] || v);
    if (D.short_words[key]) return el('td', D.short_words[key][v] || v);
    if (D.value_words[key]) return el('td', D.value_words[key][v] || v);
    if (key === 'npv_inr_crore_p50') return el('td', known(v) ? grouped(v) : '', 'n');
    if (key === 'p_pays') return el('td', known(v) ? chance(v) : '', 'n');
    if (key === 'rank_p05') return el('td', known(v) ? place(v) + ' to ' + place(B.rank_p95[i]) : '', 'n');
    if (key === 'rank' || key === 'rank_fertility') return el('td', place(v), 'n');
    if (key === 'score_mean') return el('td', known(v) ? v.toFixed(1) : '', 'n');
    if (key === 'fertility_axis') return el('td', known(v) ? share(v) : '', 'n');
    if (key === 'fertility_axis_p10') return el('td', known(v) ? share(v) + ' to ' + share(B.fertility_axis_p90[i]) : '', 'n');
    if (key === 'p_top20') return el('td', known(v) ? share(v) : '', 'n');
    if (key === 'tonnage_t_p50') return el('td', known(v) ? tonnes(v) : '', 'n');
    if (typeof v === 'number') return el('td', num(v), 'n');
    return el('td', v);
  }
  const AT_ONCE = 100;
  let timer = 0, follow = null;
  function rows() {
    const body = document.querySelector('#table tbody'), present = columns(), wanted = shown.slice(0, limit);
    const lines = (from, to) => {
      const fragment = document.createDocumentFragment();
      wanted.slice(from, to).forEach((i, n) => {
        const tr = el('tr');
        tr.tabIndex = from + n === 0 || i === chosen ? 0 : -1;
        tr.dataset.i = i;
        tr.setAttribute('aria-current', i === chosen);
        present.forEach(([key]) => tr.append(cell(key, i)));
        fragment.append(tr);
      });
      return fragment;
    };
    /* what is seen first stands at once; the rest of the rows follows when that is on the screen */
    clearTimeout(timer);
    body.replaceChildren(lines(0, AT_ONCE));
    follow = () => { follow = null; clearTimeout(timer); body.append(lines(AT_ONCE)); };
    if (wanted.length > AT_ONCE) timer = setTimeout(() => follow && follow(), 30); else follow = null;
    const more = $('more');
    more.replaceChildren();
    if (shown.length > limit) {
      const button = el('button', 'Show ' + Math.min(PAGE, shown.length - limit) + ' more of ' + (shown.length - limit));
      button.type = 'button';
      button.addEventListener('click', () => { limit += PAGE; rows(); });
      more.append(button);
    }
  }
  const body = document.querySelector('#table tbody');
  body.addEventListener('click', e => { const tr = e.target.closest('tr'); if (tr) choose(+tr.dataset.i); });
  body.addEventListener('keydown', e => {
    const tr = e.target.closest('tr');
    if (!tr) return;
    const to = { ArrowDown: tr.nextElementSibling, ArrowUp: tr.previousElementSibling, Home: body.firstElementChild, End: body.lastElementChild }[e.key];
    if (e.key === 'c' || e.key === 'C') { e.preventDefault(); compare(+tr.dataset.i); return; }
    if (e.key === 'Enter' || e.key === ' ') { e.preventDefault(); choose(+tr.dataset.i); } else if (to) { e.preventDefault(); tr.tabIndex = -1; to.tabIndex = 0; to.focus(); }
  });

  /* what the levers (what_if.js) read and move */
  const page = { D, B, $, el, known, ranked, first, note: '', state: '', whatIf: null, address, shown: () => shown, redraw: () => { if (chosen >= 0) details(chosen); sideBySide(); draw(); } };
  document.khanij = page;

  /* one block */
  const mark = i => document.querySelectorAll('#table tbody tr').forEach(tr => tr.setAttribute('aria-current', +tr.dataset.i === i));
  function choose(i, fly) {
    chosen = i;
    mark(i);
    details(i);
    if (fly !== false && D.shapes[i]) centre(i);
    paint();
    address();
  }
  /* the address names the block and those beside it, so that a link opens what was seen */
  function address() {
    const parts = [];
    if (chosen >= 0) parts.push('block=' + encodeURIComponent(B.block_id[chosen]));
    if (page.state) parts.push('if=' + encodeURIComponent(page.state));
    if (beside.length) parts.push('compare=' + beside.map(i => encodeURIComponent(B.block_id[i])).join(','));
    if (LANGUAGE.now !== 'en') parts.push('lang=' + LANGUAGE.now);
    try { history.replaceState(null, '', '#' + parts.join('&')); } catch (error) { /* a local file may refuse; nothing depends on it */ }
  }
  function opened() {
    const hash = location.hash.slice(1), read = {};
    hash.split('&').forEach(p => { const [k, v] = p.split('='); read[k] = v; });
    const row = id => { try { return B.block_id.indexOf(decodeURIComponent(id || '')); } catch (error) { return -1; } };
    beside = (read.compare || '').split(',').map(row).filter((i, n, a) => i >= 0 && a.indexOf(i) === n).slice(0, MOST);
    sideBySide();
    if (page.whatIf) { try { page.whatIf(decodeURIComponent(read.if || '')); } catch (error) { /* an address that is none changes nothing */ } }
    const i = row(read.block || hash);
    if (i >= 0) choose(i);
    return i >= 0;
  }
  /* two to four blocks side by side */
  const MOST = 4;
  let beside = [];
  function compare(i) {
    beside = beside.includes(i) ? beside.filter(j => j !== i) : beside.length < MOST ? [...beside, i] : beside;
    sideBySide(); address();
    if (chosen >= 0) details(chosen);
  }
  const ROWS = [['Kind', i => D.kinds[B.kind[i]]], ['Status', i => D.statuses[B.status[i]]], ['State', i => [B.district[i], B.state[i]].filter(known).join(', ')],
    ['Tier', i => B.tier[i]], ['Rank', i => known(B.rank[i]) ? place(B.rank[i]) + ' (P05 ' + place(B.rank_p05[i]) + ' to P95 ' + place(B.rank_p95[i]) + ')' : null],
    ['Prospect', i => D.value_words.prospect[B.prospect[i]]], ['Elements', i => B.top_elements[i]]];
  function sideBySide() {
    const box = $('compare'), table = el('table'), head = el('tr'), thead = el('thead'), tbody = el('tbody');
    box.hidden = !beside.length;
    box.replaceChildren();
    if (!beside.length) return;
    const clear = el('button', 'End the comparison', 'act');
    clear.type = 'button';
    clear.addEventListener('click', () => { beside = []; sideBySide(); address(); if (chosen >= 0) details(chosen); $('details').focus(); });
    box.append(el('h2', 'Side by side'), clear);
    if (beside.length < 2) { box.append(el('p', 'Choose one to three more blocks: C on a row of the table, or the button beside a block.', 'hint')); }
    head.append(el('td'));
    beside.forEach(i => {
      const th = el('th'), out = el('button', 'Remove', 'act');
      th.scope = 'col'; out.type = 'button'; out.setAttribute('aria-label', 'Remove ' + (B.name[i] || B.block_id[i]));
      out.addEventListener('click', () => { compare(i); box.focus(); });
      th.append(document.createTextNode((B.name[i] || B.block_id[i]) + ' '), out); head.append(th);
    });
    const facts = D.facts.map(([key, title, how]) => [title, i => known(B[key][i]) ? fact(key, how, i) : null]);
    [...ROWS, ...facts].forEach(([title, say]) => {
      const said = beside.map(say);
      if (!said.some(known)) return;
      const tr = el('tr'), th = el('th', title);
      th.scope = 'row'; tr.append(th); said.forEach(v => tr.append(el('td', known(v) ? v : '\u2013'))); tbody.append(tr);
    });
    thead.append(head); table.append(thead, tbody); box.append(table); explained(box);
  }
  function list(pairs) {
    const dl = el('dl');
    pairs.forEach(([k, v]) => { if (known(v)) dl.append(el('dt', k), el('dd', v)); });
    return dl;
  }
  function grid(head, data) {
    const table = el('table'), tr = el('tr');
    head.forEach(h => { const th = el('th', h); th.scope = 'col'; tr.append(th); });
    table.append(tr);
    data.forEach(r => { const row = el('tr'); r.forEach(v => row.append(el('td', v))); table.append(row); });
    return table;
  }
  /* one fact in words: by its unit, with its low and high case where they are there */
  const FACTS = {
    fertility_axis: i => 'more than ' + share(B.fertility_axis[i]) + ' of the region' + (known(B.fertility_axis_p10[i]) ? ' (P10 ' + share(B.fertility_axis_p10[i]) + ' to P90 ' + share(B.fertility_axis_p90[i]) + ')' : ''),
    p_pays: i => chance(B.p_pays[i]),
    p_pays_if_built_today: i => chance(B.p_pays_if_built_today[i]),
    npv_usd_p50: i => money(B.npv_usd_p10[i], B.npv_usd_p50[i], B.npv_usd_p90[i]),
    basket_value_usd_p50: i => money(B.basket_value_usd_p10[i], B.basket_value_usd_p50[i], B.basket_value_usd_p90[i]),
    nearest_site_id: i => B.nearest_site_id[i] + ', ' + num(B.nearest_site_km[i]) + ' km'
  };
  const SAID = { share: [share, ''], t: [tonnes, ''], USD: [v => money(null, v, null), ''], 'INR crore/a': [v => crore(v) + ' a year', ''], 'yes or no': [v => v ? 'yes' : 'no', ''], x: [num, ''], text: [v => v, ''] };
  function fact(key, how, i) {
    if (FACTS[key]) return FACTS[key](i);
    if (D.value_words[key]) return D.value_words[key][B[key][i]] || B[key][i];
    const v = B[key][i], [say, unit] = SAID[how] || [num, how], stem = key.replace(/_p50$/, '');
    const low = B[stem + '_p10'], high = B[stem + '_p90'];
    if (stem !== key && low && high) return triple(low[i], v, high[i], say, unit);
    return say(v) + (unit ? ' ' + unit : '');
  }
  function details(i) {
    const box = $('details'), b = key => B[key][i];
    box.replaceChildren(el('h2', b('name') || b('block_id')));
    if (page.note) box.append(el('p', page.note, 'mark'));
    const line = el('p'), beside_button = el('button', beside.includes(i) ? 'Take out of the comparison' : beside.length < MOST ? 'Compare' : 'Four are compared already', 'act');
    beside_button.type = 'button'; beside_button.id = 'beside'; beside_button.disabled = !beside.includes(i) && beside.length >= MOST;
    beside_button.addEventListener('click', () => { compare(i); $('beside').focus(); });
    if (known(b('prospect'))) line.append(el('span', D.short_words.prospect[b('prospect')] || b('prospect'), 'pill ' + b('prospect')));
    if (known(b('tier'))) line.append(el('span', 'Tier ' + b('tier'), 'pill'));
    line.append(el('span', D.statuses[b('status')] || b('status'), 'pill'), el('span', D.kinds[b('kind')] || b('kind'), 'pill'), document.createTextNode([b('district'), b('state')].filter(known).join(', ') + '  '), el('code', b('block_id')));
    box.append(line, beside_button);
    if (known(b('status_reason'))) box.append(el('p', b('status_reason')));
    if (known(b('rank'))) {
      const n = ranked[b('kind')], bar = el('div', undefined, 'bar'), key = el('p', undefined, 'key');
      box.append(el('h3', 'Place ' + place(b('rank')) + ' of ' + n + '; between ' + place(b('rank_p05')) + ' (P05, best) and ' + place(b('rank_p95')) + ' (P95, worst)'));
      const span = el('div', undefined, 'span'), from = el('b'), mark = el('u');
      from.style.left = 100 * (b('rank_p05') - 1) / n + '%'; from.style.width = 100 * (b('rank_p95') - b('rank_p05') + 1) / n + '%';
      mark.style.left = 100 * (b('rank') - 0.5) / n + '%';
      span.append(from, mark); span.setAttribute('role', 'img'); span.setAttribute('aria-label', 'rank interval');
      box.append(span, el('p', 'P(top 10) ' + share(b('p_top10')) + ', P(top 20) ' + share(b('p_top20')), 'key'));
      const seal = page.note ? null : sealed(b('kind')); if (seal) box.append(seal);
      box.append(el('h3', 'Score ' + num(b('score_mean')) + ' of 100 (P10 ' + num(b('score_p10')) + ' to P90 ' + num(b('score_p90')) + ')'));
      D.contributions.forEach(([name, word, colour]) => {
        const v = b(name), s = el('span'), k = el('i');
        if (!known(v)) { key.append(k, document.createTextNode(word + ' not in the score')); return; }
        s.style.width = Math.max(0, v) + '%'; s.style.background = colour; bar.append(s);
        k.style.background = colour; key.append(k, document.createTextNode(word + ' ' + num(v)));
      });
      bar.setAttribute('role', 'img'); bar.setAttribute('aria-label', 'points by axis');
      box.append(bar, key);
    } else if (known(b('rank_fertility'))) box.append(el('h3', 'Place ' + place(b('rank_fertility')) + ' by fertility of the ground'));
    if (known(b('explanation'))) box.append(el('p', b('explanation')));
    box.append(list(D.facts.map(([key, label, how]) => [label, known(b(key)) ? fact(key, how, i) : null])));
    const moves = page.note ? null : D.moves[b('block_id')];
    if (moves) box.append(el('h3', 'What moves P(pays) most'), grid(['One thing at a time', 'at its P10', 'at its P90', 'for half of the draws to pay'], moves.map(([name, low, high, needed]) => [name, chance(low), chance(high), name === 'route' ? 'P10: fails, P90: works' : known(needed) ? num(needed, 2) + ' times' : 'nothing within 100 times'])), el('p', 'The block\u2019s main site as one project; P10 is the low case of the thing itself.', 'key'));
    const shares = D.shares[b('block_id')], elements = D.elements[b('block_id')];
    if (shares) box.append(el('h3', 'Sites'), grid(['Site', 'Inside', 'Near', 'km', 'Tonnage', 'Class'], shares.map(([id, inside, near, km]) => {
      const s = D.sites.site_id.indexOf(id);
      return [s < 0 ? id : id + ' ' + (D.sites.name[s] || ''), share(inside), share(near), num(km), s < 0 ? '' : triple(D.sites.tonnage_t_p10[s], D.sites.tonnage_t_p50[s], D.sites.tonnage_t_p90[s], tonnes), s < 0 ? '' : D.sites.knowledge_class[s]];
    })));
    if (elements) box.append(el('h3', page.note ? 'Elements, as published' : 'Elements'), grid(['Element', 'Contained', 'Recoverable', 'Share of revenue'], elements.map(e => [e[0], triple(e[1], e[2], e[3], mass), known(e[5]) ? triple(e[4], e[5], e[6], mass) : 'not sold by the route', known(e[7]) ? share(e[7]) : '-'])));
    const evidence = D.evidence[b('block_id')];
    if (evidence) box.append(el('h3', 'Ground'), grid(['Evidence', 'Mean', 'Above'], evidence.map(([name, mean, percentile]) => [D.bands[name][0], num(mean) + ' ' + (D.bands[name][1] || ''), known(percentile) ? share(percentile) : '-'])), el('p', 'Above: share of the region\u2019s ground with a lower value.', 'key'));
    if (known(b('sources'))) box.append(el('h3', 'Sources'), el('p', b('sources'), 'key'));
    cited(box, ['sources', 'status_reason', 'access_source'].map(b));
    explained(box);
    box.scrollTop = 0;
  }
  /* the texts that stand behind the figures, by the identifiers in brackets */
  function cited(box, texts) {
    const ids = [...new Set(texts.filter(known).flatMap(t => [...t.matchAll(/\[([A-Z0-9, ]+)\]/g)].flatMap(m => m[1].split(', '))))].filter(id => D.bibliography[id]).sort(), ul = el('ul', undefined, 'cited');
    ids.forEach(id => {
      const [said, link] = D.bibliography[id], li = el('li', said);
      if (link) { const a = el('a', link); a.href = link; a.rel = 'noreferrer'; li.append(document.createTextNode(': '), a); }
      ul.append(li);
    });
    if (ids.length) box.append(el('h3', 'Texts cited'), ul);
  }
  /* whether the order holds, and why not */
  function sealed(kind) {
    const [robust, note] = D.verdicts[kind] || [], line = el('p', undefined, 'key');
    if (note === undefined) return null;
    line.append(el('span', robust ? 'robust order' : 'order not robust', 'badge ' + (robust ? 'yes' : 'no')), document.createTextNode(note.charAt(0).toUpperCase() + note.slice(1) + (robust ? '.' : '. Read the tier, not the rank.')));
    return line;
  }

  /* words explained: the first of each in a place, by mouse, keyboard and touch */
  const TERMS = D.terms.map(([written, means]) => [new RegExp(written), means]);
  function explained(box) {
    LANGUAGE.put(box);
    const walk = document.createTreeWalker(box, NodeFilter.SHOW_TEXT, n => n.parentElement.closest('button,select,option,code,.term') ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT), texts = [], seen = new Set();
    while (walk.nextNode()) texts.push(walk.currentNode);
    texts.forEach(node => {
      for (;;) {
        let at = null;
        TERMS.forEach(([r, means]) => { const m = seen.has(means) ? null : r.exec(node.data); if (m && (!at || m.index < at.index)) at = { index: m.index, word: m[0], means }; });
        if (!at) return;
        seen.add(at.means);
        const rest = node.splitText(at.index), word = el('abbr', at.word, 'term');
        rest.data = rest.data.slice(at.word.length);
        word.tabIndex = 0; word.dataset.means = at.means;
        rest.before(word);
        node = rest;
      }
    });
  }
  const tip = $('tip');
  function hint(e) {
    const t = e.target.closest && e.target.closest('[data-means]');
    if (!t) return;
    tip.textContent = t.dataset.means; tip.style.left = 0; tip.hidden = false; t.setAttribute('aria-describedby', 'tip');
    const r = t.getBoundingClientRect(), w = document.documentElement.clientWidth;
    tip.style.left = Math.max(8, Math.min(r.left, w - tip.offsetWidth - 10)) + scrollX + 'px';
    tip.style.top = (r.bottom + tip.offsetHeight + 8 > innerHeight && r.top > tip.offsetHeight + 8 ? r.top - tip.offsetHeight - 6 : r.bottom + 6) + scrollY + 'px';
  }
  function unhint() { tip.hidden = true; document.querySelectorAll('[aria-describedby=tip]').forEach(t => t.removeAttribute('aria-describedby')); }
  ['mouseover', 'focusin', 'click'].forEach(n => document.addEventListener(n, hint));
  ['mouseout', 'focusout'].forEach(n => document.addEventListener(n, unhint));
  document.addEventListener('keydown', e => { if (e.key === 'Escape') unhint(); });
  window.addEventListener('resize', unhint);
  $('details').addEventListener('scroll', unhint);

  /* map: longitude shrunk by the cosine of the middle latitude */
  const canvas = $('map'), g = canvas.getContext('2d');
  const mid = [], boxes = D.shapes.map((rings, i) => {
    if (!rings) { mid[i] = null; return null; }
    let x0 = 1e9, y0 = 1e9, x1 = -1e9, y1 = -1e9;
    rings.forEach(r => r.forEach(([x, y]) => { x0 = Math.min(x0, x); x1 = Math.max(x1, x); y0 = Math.min(y0, y); y1 = Math.max(y1, y); }));
    mid[i] = [(x0 + x1) / 2, (y0 + y1) / 2];
    return [x0, y0, x1, y1];
  });
  const placed = mid.filter(Boolean).concat(D.points.filter(Boolean));
  const all = placed.length ? [Math.min(...placed.map(p => p[0])), Math.min(...placed.map(p => p[1])), Math.max(...placed.map(p => p[0])), Math.max(...placed.map(p => p[1]))] : [68, 8, 97, 37];
  const squeeze = Math.cos((all[1] + all[3]) / 2 * Math.PI / 180);
  let view = null, ratio = 1;
  const X = x => (x - view.x) * squeeze * view.k + canvas.width / 2, Y = y => (view.y - y) * view.k + canvas.height / 2;
  function fit() {
    const w = Math.max((all[2] - all[0]) * squeeze, 0.02) * 1.14, h = Math.max(all[3] - all[1], 0.02) * 1.14;
    view = { whole: true, x: (all[0] + all[2]) / 2, y: (all[1] + all[3]) / 2, k: Math.min(canvas.width / w, canvas.height / h) };
  }
  function centre(i) {
    const [x0, y0, x1, y1] = boxes[i], x = X(mid[i][0]), y = Y(mid[i][1]);
    view.whole = false;
    if (x < 40 || y < 40 || x > canvas.width - 40 || y > canvas.height - 40) { view.x = (x0 + x1) / 2; view.y = (y0 + y1) / 2; }
  }
  function colour(i) {
    const r = B.rank[i];
    if (known(r)) for (const [lo, hi, c] of D.rank_classes) if (r >= lo && (hi === null || r <= hi)) return c;
    const f = B.fertility_axis[i];
    if (ground && known(f)) for (const [lo, hi, c] of D.fertility_classes) if (f >= lo && f <= hi) return c;
    const s = D.status_symbols[B.status[i]];
    return s && B.status[i] !== 'UNQUANTIFIED' ? s[1] : C.none;
  }
  const LIGHT = { grid: '#e2dfd6', sheet: '#5d594f', state: '#7a7568', halo: 'rgba(255,255,255,0.85)', edge: '#333', none: '#ffffff', on: '#0050a0', land: '#f4f1e8', lake: '#e3eef4', river: '#b5cfdd', coast: '#8fb0c2', town: '#66635c', port: '#2f6284' };
  const DARK = { grid: '#3a3833', sheet: '#b1ada3', state: '#a9a498', halo: 'rgba(27,26,24,0.85)', edge: '#d8d4ca', none: '#24221f', on: '#7db8ff', land: '#26241f', lake: '#1c2a33', river: '#2c4554', coast: '#4a6b7e', town: '#b4b0a6', port: '#8fb9d6' };
  const night = window.matchMedia('(prefers-color-scheme: dark)');
  let printing = false, C = LIGHT;
  const palette = () => { C = night.matches && !printing ? DARK : LIGHT; };
  const redrawn = () => { palette(); legend(); size(); painted(); };
  night.addEventListener('change', redrawn);
  window.addEventListener('beforeprint', () => { if (follow) follow(); printing = true; redrawn(); });
  window.addEventListener('afterprint', () => { printing = false; redrawn(); });
  /* one set of shapes for map and legend: the legend's are drawn as text for SVG, for each canvas costs as much as a map */
  function pen() {
    const d = [], at = (x, y) => x.toFixed(2) + ' ' + y.toFixed(2);
    return {
      beginPath() {}, closePath() { d.push('Z'); }, moveTo(x, y) { d.push('M' + at(x, y)); }, lineTo(x, y) { d.push('L' + at(x, y)); },
      arc(x, y, r, from, to) {
        const half = 'A' + r.toFixed(2) + ' ' + r.toFixed(2) + ' 0 0 1 ';
        if (to - from > 6) d.push('M' + at(x + r, y), half + at(x - r, y), half + at(x + r, y), 'Z');
        else d.push('M' + at(x + r * Math.cos(from), y + r * Math.sin(from)), half + at(x + r * Math.cos(to), y + r * Math.sin(to)));
      },
      path: () => d.join(''),
    };
  }
  const CORNERS = { square: [4, Math.PI / 4, 1.25], diamond: [4, 0, 1.3], triangle: [3, -Math.PI / 2, 1.3], pentagon: [5, -Math.PI / 2, 1.15], hexagon: [6, 0, 1.1] };
  function outline(c, shape, x, y, r) {
    c.beginPath();
    if (shape === 'cross2') { c.moveTo(x - r, y - r); c.lineTo(x + r, y + r); c.moveTo(x + r, y - r); c.lineTo(x - r, y + r); return; }
    if (shape === 'semi_circle') { c.arc(x, y + r / 2, 1.2 * r, Math.PI, 0); c.closePath(); return; }
    if (!CORNERS[shape]) { c.arc(x, y, r, 0, 7); return; }
    const [n, turn, size] = CORNERS[shape];
    for (let k = 0; k < n; k++) { const a = turn + 2 * Math.PI * k / n; c[k ? 'lineTo' : 'moveTo'](x + size * r * Math.cos(a), y + size * r * Math.sin(a)); }
    c.closePath();
  }
  const shapeOf = i => known(B.rank[i]) || !['OUT_OF_BASKET', 'GATED', 'LEASED'].includes(B.status[i]) ? D.kind_shapes[B.kind[i]] || 'circle' : D.status_symbols[B.status[i]][0];
  const family = s => { const code = (D.sites.waste_type_code[s] || '').toLowerCase(); return D.waste_families.find(f => f[3].some(w => code.includes(w))) || ['Other waste', 'circle', '#984ea3']; };
  /* what lies round the blocks, below all else; no boundary is among it */
  const BASE = D.base && D.base.land ? D.base : null;
  const track = c => { g.moveTo(X(c[0]), Y(c[1])); for (let n = 2; n < c.length; n += 2) g.lineTo(X(c[n]), Y(c[n + 1])); };
  const seen = (x, y) => X(x) > 0 && X(x) < canvas.width && Y(y) > 0 && Y(y) < canvas.height;
  function ground_map() {
    if (!BASE) return;
    const fill = (shapes, colour) => { g.beginPath(); shapes.forEach(c => { track(c); g.closePath(); }); g.fillStyle = colour; g.fill('evenodd'); };
    const lines = (shapes, colour, width) => { g.beginPath(); shapes.forEach(track); g.strokeStyle = colour; g.lineWidth = width * ratio; g.stroke(); };
    fill(BASE.land, C.land); fill(BASE.lakes, C.lake);
    lines(BASE.rivers, C.river, 0.7); lines(BASE.coast, C.coast, 0.9);
  }
  /* names of towns and ports where they are free of blocks and of each other, the largest first */
  function towns(taken) {
    if (!BASE) return;
    const km = canvas.width / view.k * 111.32 / ratio, least = km > 1500 ? 1.5e6 : km > 700 ? 5e5 : km > 300 ? 1.5e5 : km > 120 ? 4e4 : 0;
    const marks = shown.filter(i => mid[i]).map(i => [X(mid[i][0]), Y(mid[i][1])]);
    g.textAlign = 'left'; g.textBaseline = 'middle'; g.font = 10 * ratio + 'px system-ui,sans-serif';
    const place = (name, x, y, tint, port) => {
      if (!seen(x, y)) return;
      const px = X(x), py = Y(y), w = g.measureText(name).width / 2, cx = px + 4 * ratio + w;
      g.fillStyle = tint; outline(g, D.base_symbols[port ? 'Port' : 'Town'][0], px, py, (port ? 3.2 : 2) * ratio); g.fill();
      if (cx + w > canvas.width || taken.some(t => Math.abs(t[0] - cx) < t[2] + w && Math.abs(t[1] - py) < 13 * ratio)) return;
      if (marks.some(m => Math.abs(m[0] - cx) < w + 9 * ratio && Math.abs(m[1] - py) < 14 * ratio)) return;
      taken.push([cx, py, w]); g.fillStyle = tint; written(name, px + 4 * ratio, py);
    };
    BASE.towns.forEach(([name, x, y, n]) => { if (n >= least) place(name, x, y, C.town); });
    if (km < 1500) BASE.ports.forEach(([name, x, y]) => place(name + ' port', x, y, C.port, true));
  }
  /* one picture a frame, however often it is asked for */
  let awaited = 0;
  function paint() { if (!awaited) awaited = requestAnimationFrame(painted); }
  function painted() {
    cancelAnimationFrame(awaited); awaited = 0;
    g.clearRect(0, 0, canvas.width, canvas.height);
    ground_map();
    g.lineWidth = ratio * 0.6; g.strokeStyle = C.grid;
    const sheets = D.sheets.filter(([, x0, y0, x1, y1]) => X(x1) >= 0 && X(x0) <= canvas.width && Y(y0) >= 0 && Y(y1) <= canvas.height);
    sheets.forEach(([, x0, y0, x1, y1]) => g.strokeRect(X(x0), Y(y1), X(x1) - X(x0), Y(y0) - Y(y1)));
    /* areas first, their names on them, marks on top */
    const area = i => boxes[i] ? (boxes[i][2] - boxes[i][0]) * (boxes[i][3] - boxes[i][1]) : 0;
    const drawn = shown.slice().sort((a, b) => (B.rank[b] || 1e9) - (B.rank[a] || 1e9) || area(b) - area(a));
    drawn.filter(i => isWide(i) && !isCircle(i)).forEach(i => block(i, i === chosen));
    g.fillStyle = C.sheet; g.textAlign = 'left'; g.textBaseline = 'top'; g.font = 10 * ratio + 'px system-ui,sans-serif';
    sheets.forEach(([name, x0, y0, x1, y1]) => { if (X(x1) - X(x0) > 46 * ratio && Y(y0) - Y(y1) > 30 * ratio) written(name, X(x0) + 3 * ratio, Y(y1) + 3 * ratio); });
    g.fillStyle = C.state; g.textAlign = 'center'; g.textBaseline = 'middle'; g.font = 11 * ratio + 'px system-ui,sans-serif';
    const taken = [];
    D.states.forEach(([name, x, y]) => {
      const word = name.replace(/^UT: */, '').toUpperCase(), w = g.measureText(word).width / 2, h = 7 * ratio, px = X(x), py = Y(y);
      if (px - w < 0 || px + w > canvas.width || taken.some(t => Math.abs(t[0] - px) < t[2] + w && Math.abs(t[1] - py) < 2 * h)) return;
      taken.push([px, py, w]); written(word, px, py);
    });
    towns(taken);
    if ($('f-sites').checked) D.points.forEach((p, s) => {
      if (!p) return;
      const t = D.sites.tonnage_t_p50[s], r = ratio * (known(t) ? Math.max(3, Math.min(7, 1.2 * Math.log10(Math.max(t, 1e4) / 1e4) + 2)) : 3);
      const [, shape, tint] = family(s);
      outline(g, shape, X(p[0]), Y(p[1]), r);
      g.globalAlpha = 0.75; g.strokeStyle = tint; g.lineWidth = 1.4 * ratio; g.stroke(); g.globalAlpha = 1;
    });
    drawn.filter(i => !isWide(i) || isCircle(i)).forEach(i => block(i, i === chosen));
    if (chosen >= 0 && D.shapes[chosen]) block(chosen, true, isWide(chosen));
    const km = Math.pow(10, Math.floor(Math.log10(canvas.width / view.k * 111.32 / 5)));
    const nice = [5, 2, 1].map(f => f * km).find(v => v / 111.32 * view.k < canvas.width / 3.5);
    $('scale').style.width = nice / 111.32 * view.k / ratio + 'px'; $('scale').textContent = nice + ' km';
  }
  const isCircle = i => B.geometry_basis[i] === 'position_circle';
  const isWide = i => boxes[i] && (boxes[i][2] - boxes[i][0]) * squeeze * view.k > 22 * ratio;
  function written(word, x, y) { g.strokeStyle = C.halo; g.lineWidth = 3 * ratio; g.lineJoin = 'round'; g.strokeText(word, x, y); g.fillText(word, x, y); }
  function block(i, on, bare) {
    const rings = D.shapes[i];
    if (!rings) return;
    const [x0, y0, x1, y1] = boxes[i], wide = isWide(i), circle = isCircle(i);
    if (X(x1) < -20 || X(x0) > canvas.width + 20 || Y(y0) < -20 || Y(y1) > canvas.height + 20) return;
    const rank = B.rank[i], c = colour(i);
    g.strokeStyle = on ? C.on : C.edge; g.lineWidth = ratio * (on ? 3 : 0.9); g.fillStyle = c;
    if (wide) {
      g.beginPath();
      rings.forEach(r => r.forEach(([x, y], n) => n ? g.lineTo(X(x), Y(y)) : g.moveTo(X(x), Y(y))));
      /* a circle says how well a position is known; it is no boundary, so it is dashed and hollow */
      if (circle) { g.setLineDash([6 * ratio, 4 * ratio]); g.lineWidth = ratio * (on ? 3 : 2); if (!on && c !== C.none) g.strokeStyle = c; } else if (!bare) { g.globalAlpha = c === C.none ? 0.25 : 0.65; g.fill('evenodd'); g.globalAlpha = 1; }
      g.stroke(); g.setLineDash([]);
      if (bare) return;
    }
    if (!wide || circle) {
      if (!on) { g.strokeStyle = C.edge; g.lineWidth = ratio * 0.9; }
      const r = ratio * (known(rank) ? 9 : 4), shape = shapeOf(i);
      outline(g, shape, X(mid[i][0]), Y(mid[i][1]), r);
      if (shape === 'cross2') { g.lineWidth = ratio * 2; if (!on) g.strokeStyle = night.matches && !printing ? '#a0a0a0' : c; g.stroke(); return; }
      g.fill(); g.stroke();
    }
    if (known(rank)) { g.textAlign = 'center'; g.textBaseline = 'middle'; g.fillStyle = rank < 11 && (!wide || circle) ? '#fff' : '#2a1206'; g.font = 'bold ' + 10 * ratio + 'px system-ui,sans-serif'; g.fillText(String(rank), X(mid[i][0]), Y(mid[i][1]) + 0.5 * ratio); }
  }
  function zoom(f, px, py) {
    const x = px === undefined ? canvas.width / 2 : px, y = py === undefined ? canvas.height / 2 : py;
    const lon = (x - canvas.width / 2) / squeeze / view.k + view.x, lat = view.y - (y - canvas.height / 2) / view.k;
    view.whole = false;
    view.k = Math.min(4e5, Math.max(4, view.k * f));
    view.x = lon - (x - canvas.width / 2) / squeeze / view.k; view.y = lat + (y - canvas.height / 2) / view.k;
    paint();
  }
  function hit(px, py) {
    let best = -1, near = 14 * ratio;
    shown.forEach(i => { if (!mid[i]) return; const d = Math.hypot(X(mid[i][0]) - px, Y(mid[i][1]) - py); if (d < near) { near = d; best = i; } });
    if (best >= 0) return best;
    const lon = (px - canvas.width / 2) / squeeze / view.k + view.x, lat = view.y - (py - canvas.height / 2) / view.k;
    return shown.find(i => boxes[i] && lon >= boxes[i][0] && lon <= boxes[i][2] && lat >= boxes[i][1] && lat <= boxes[i][3]) ?? -1;
  }
  let drag = null;
  const at = e => { const r = canvas.getBoundingClientRect(); return [(e.clientX - r.left) * ratio, (e.clientY - r.top) * ratio]; };
  canvas.addEventListener('pointerdown', e => { drag = { p: at(e), x: view.x, y: view.y, moved: false }; canvas.setPointerCapture(e.pointerId); });
  canvas.addEventListener('pointermove', e => {
    if (!drag) return;
    const p = at(e), dx = p[0] - drag.p[0], dy = p[1] - drag.p[1];
    if (Math.hypot(dx, dy) > 4 * ratio) { drag.moved = true; view.whole = false; }
    view.x = drag.x - dx / squeeze / view.k; view.y = drag.y + dy / view.k; paint();
  });
  canvas.addEventListener('pointerup', e => { if (drag && !drag.moved) { const i = hit(...at(e)); if (i >= 0) choose(i, false); } drag = null; });
  canvas.addEventListener('wheel', e => { e.preventDefault(); zoom(e.deltaY < 0 ? 1.25 : 0.8, ...at(e)); }, { passive: false });
  canvas.addEventListener('keydown', e => {
    const step = canvas.width / view.k / 8, move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[e.key];
    if (move) { view.whole = false; view.x += move[0] * step; view.y += move[1] * step; } else if (e.key === '+' || e.key === '=') { zoom(1.5); } else if (e.key === '-') { zoom(1 / 1.5); } else if (e.key === '0') fit(); else return;
    e.preventDefault(); paint();
  });
  $('zoom-in').addEventListener('click', () => zoom(1.6));
  $('zoom-out').addEventListener('click', () => zoom(1 / 1.6));
  $('zoom-all').addEventListener('click', () => { fit(); paint(); });
  function size() {
    ratio = window.devicePixelRatio || 1;
    canvas.width = Math.max(50, canvas.clientWidth * ratio); canvas.height = Math.max(50, canvas.clientHeight * ratio);
    if (!view || view.whole) fit();
  }
  const resize = () => { size(); paint(); };
  function legend() {
    const box = $('legend'), has = (key, v) => B[key].includes(v);
    box.replaceChildren();
    const entry = (word, shape, fill, edge, dash) => {
      const d = el('div'), i = $('mark').content.firstElementChild.cloneNode(true), p = i.firstElementChild, c = pen();
      outline(c, shape, 8, 8, dash ? 6.5 : 5);
      const said = { d: c.path(), fill: fill || 'none', stroke: edge || C.edge, 'stroke-width': dash ? 2 : 1.2, 'stroke-dasharray': dash ? '3 2' : 'none' };
      Object.entries(said).forEach(([name, value]) => p.setAttribute(name, value));
      d.append(i, document.createTextNode(word)); box.append(d);
    };
    const last = Math.max(0, ...B.rank.filter(known)), kinds = Object.keys(D.kinds).filter(kind => has('kind', kind));
    D.rank_classes.forEach(([lo, hi, c]) => { if (lo <= last) entry('Rank ' + lo + (hi === null ? ' and after' : ' to ' + hi), D.kind_shapes[first] || 'circle', c); });
    if (ground) D.fertility_classes.forEach(([lo, hi, c]) => entry('More fertile than ' + 100 * lo + ' to ' + 100 * hi + ' %', D.kind_shapes[most] || 'circle', c));
    Object.entries(D.status_symbols).forEach(([status, [shape, c]]) => { if (status !== 'UNQUANTIFIED' && has('status', status)) entry(D.statuses[status], shape, shape === 'cross2' ? '' : c, shape === 'cross2' ? (C === DARK ? '#a0a0a0' : c) : ''); });
    kinds.forEach(kind => { if (B.status.some((v, i) => v === 'UNQUANTIFIED' && B.kind[i] === kind)) entry((D.kinds[kind] || kind) + ', ' + (ground ? 'no survey layer' : D.statuses.UNQUANTIFIED.toLowerCase()), D.kind_shapes[kind] || 'circle', C.none); });
    if (D.shapes.some((s, i) => s && isCircle(i))) entry('Dashed circle: position known to its radius, no boundary', 'circle', '', C.edge, true);
    if (BASE) Object.entries(D.base_symbols).forEach(([word, [shape]]) => { const tint = word === 'Port' ? C.port : C.town; if (BASE[word.toLowerCase() + 's'].length) entry(word, shape, tint, tint); });
    if ($('f-sites').checked) {
      const found = new Map(); D.points.forEach((p, s) => { if (p) { const f = family(s); found.set(f[0], f); } });
      [...D.waste_families.filter(f => found.has(f[0])), ...(found.has('Other waste') ? [found.get('Other waste')] : [])].forEach(([word, shape, c]) => entry(word + ' (site; size: tonnage)', shape, '', c));
    }
  }
  function draw() {
    const words = asked(), found = B.block_id.map((_, i) => i).filter(i => speaks(i, words));
    shown = found.filter(passes);
    hidden(found);
    order(); header(); rows(); paint();
    $('count').textContent = shown.length + ' of ' + N + ' blocks';
  }
  document.querySelectorAll('#filters input, #filters select').forEach(f => f.addEventListener('input', () => { limit = PAGE; if (f.id === 'f-sites') legend(); draw(); }));
  const lift = () => { [...CHOICES, ...LIMITS].forEach(k => { $('f-' + k).value = ''; }); limit = PAGE; draw(); };
  $('lift').addEventListener('click', () => { lift(); $('f-text').focus(); });
  $('filters').addEventListener('submit', e => e.preventDefault());
  $('f-clear').addEventListener('click', () => { $('f-text').value = ''; lift(); });
  $('summary').textContent = Object.entries(ranked).map(([k, n]) => n + ' ' + (D.kinds[k] || k).toLowerCase() + 's ranked').join(', ') + (Object.keys(ranked).length ? ' of ' : '') + N + ' blocks' + (ground ? ', none with quantified waste: listed by the fertility of the ground' : '') + '; ' + D.sites.site_id.length + ' waste sites. A rank is an order under stated inputs, not a resource.';
  $('about').textContent = 'Khanij. Configuration ' + (D.info.configuration_sha256 || D.info.configuration_hash || 'not stated').slice(0, 12) + '; price deck ' + (D.info.price_deck || '?') + ', draws ' + (D.info.draws || '?') + ', seed ' + (D.info.seed || '?') + '. Grid: Survey of India sheets. No boundary is drawn. A blank is not known, never zero.';
  const seal = first && sealed(first);
  if (seal) { $('badge').append(...seal.childNodes); const line = document.querySelector('header .verdict'); if (line) line.remove(); /* the badge says it */ }
  explained(document.querySelector('header'));
  palette(); legend(); size(); draw();
  window.addEventListener('resize', resize);
  if (typeof whatIf === 'function') whatIf(page);
  if (typeof budget === 'function') budget(page);
  /* without an address of a block the first of the table is told, where it lies on the map of all */
  if (!opened() && shown.length) { chosen = shown[0]; mark(chosen); details(chosen); paint(); }
  window.addEventListener('hashchange', opened);
  requestAnimationFrame(() => { document.documentElement.dataset.ready = 'yes'; });
}());
