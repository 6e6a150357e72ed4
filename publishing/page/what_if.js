'use strict';
/* The levers of the page: they move the engine (kernel.js), the table, the map and the details; the published figures stay
   in the file and come back with one click. */
function whatIf(page) { // eslint-disable-line no-unused-vars
  const { D, B, $, el, known } = page, box = $('what-if'), source = $('levers');
  if (!source || source.textContent.trim().length < 3) return;
  const NUMBERS = [['price_factor', 'Price level', 'times', 0.25, 4], ['strategic_premium', 'Security premium', '', 0, 2], ['discount_rate', 'Discount rate', 'a year', 0, 0.3],
    ['cost_factor', 'Cost level, all costs', 'times', 0.25, 4], ['capital_factor', 'Capital level', 'times', 0.25, 4], ['recovery_factor', 'Recovery level', 'times', 0.25, 2],
    ['cap_factor', 'What the market takes of one project', 'times', 0.1, 100], ['ground_weight', 'Weight of the ground', '', 0, 1]];
  const BLANK = ['p_pays_if_built_today', 'capital_usd_p50', 'plant_mtpa_p50', 'price_multiple_by_product', 'recovery_needed', 'affordable_premium_pct_p50', 'royalty_inr_crore_per_year', 'explanation', 'unfc', 'cautions', 'main_product', 'top_elements'];
  const PARTS = ['contribution_value', 'contribution_strategic', 'contribution_fertility'];
  const kept = {}, ranked = { ...page.ranked }, row = new Map(B.block_id.map((id, i) => [id, i]));
  let model = null, parts = null, open = null, now = null, waiting = 0, last = null;
  const keep = name => { if (!kept[name] && B[name]) kept[name] = B[name]; return kept[name]; };
  const rounded = x => known(x) && isFinite(x) ? Number(x.toPrecision(6)) : null;
  box.hidden = false;

  function begin() {
    if (model) return;
    parts = JSON.parse(source.textContent); model = parts.model; now = copy(model.levers);
    const form = $('levers-form'), basket = el('select'), deck = el('select');
    NUMBERS.forEach(([key, title, unit, lo, hi]) => form.append(field(key, title, unit, lo, hi)));
    basket.id = 'if-basket'; model.baskets.forEach(([name, title]) => basket.append(new Option(title, name)));
    deck.id = 'if-price_deck'; [...new Set(model.elements.flatMap(e => Object.keys(e.price)))].sort().forEach(d => deck.append(new Option(d, d)));
    [['Metals that count', basket], ['Price deck', deck]].forEach(([title, select]) => { const label = el('label', title + ' '); label.append(select); form.append(label); });
    if (parts.gates_off && parts.gates_on) { const label = el('label', ' gates and leases apply', 'check'), input = el('input'); input.type = 'checkbox'; input.id = 'if-apply_gates'; label.prepend(input); form.append(label); }
    const prices = el('fieldset'), legend = el('legend', 'Price of one metal, times (0: no buyer)');
    prices.append(legend);
    model.elements.forEach(e => prices.append(field('price_factors.' + e.symbol, e.symbol, '', 0, 1000, e.name)));
    form.append(prices);
    form.addEventListener('input', e => { moved(e.target); });
    $('levers-reset').addEventListener('click', () => { now = copy(model.levers); show(); soon(); });
    $('levers-csv').addEventListener('click', csv);
    $('levers-copy').addEventListener('click', () => { const code = $('levers-command'); getSelection().selectAllChildren(code); try { navigator.clipboard.writeText(code.textContent).catch(() => {}); } catch (error) { /* from disk a browser may refuse; the text is selected */ } });
    show();
  }
  const copy = levers => ({ ...levers, price_factors: { ...levers.price_factors } });
  function field(key, title, unit, lo, hi, means) {
    const label = el('label', title + (unit ? ' (' + unit + ')' : '') + ' '), number = el('input');
    if (means) label.title = means;
    number.type = 'number'; number.id = 'if-' + key; number.min = lo; number.max = hi === 1000 ? 1000 : Math.max(hi, 1); number.step = 'any'; number.inputMode = 'decimal';
    label.append(number);
    if (hi !== 1000) {
      const slider = el('input'), log = lo > 0;
      slider.type = 'range'; slider.min = log ? Math.log(lo) : lo; slider.max = log ? Math.log(hi) : hi; slider.step = (slider.max - slider.min) / 200; slider.dataset.of = key; slider.setAttribute('aria-label', title + ', slider');
      label.append(slider);
    }
    return label;
  }
  const get = key => key.startsWith('price_factors.') ? now.price_factors[key.slice(14)] ?? 1 : now[key];
  function set(key, value) {
    if (!key.startsWith('price_factors.')) { now[key] = value; return; }
    const symbol = key.slice(14);
    if (value === 1 && !(symbol in model.levers.price_factors)) delete now.price_factors[symbol]; else now.price_factors[symbol] = value;
  }
  const isLog = key => { const n = NUMBERS.find(f => f[0] === key); return n && n[3] > 0; };
  function moved(input) {
    const key = input.dataset.of || input.id.slice(3);
    if (input.type === 'range') { const x = isLog(key) ? Math.exp(+input.value) : +input.value; set(key, Number(x.toPrecision(3))); $('if-' + key).value = get(key); } else if (input.type === 'checkbox') now.apply_gates = input.checked; else if (input.tagName === 'SELECT') now[key] = input.value; else {
      const x = parseFloat(input.value), lo = +input.min, hi = +input.max, bad = isNaN(x) || x < lo || x > hi || x === 0 && isLog(key);
      input.setAttribute('aria-invalid', bad);
      if (bad) return;
      set(key, x);
      const slider = document.querySelector('[data-of="' + key + '"]');
      if (slider) slider.value = isLog(key) ? Math.log(x) : x;
    }
    soon();
  }
  /* the fields say what holds */
  function show() {
    NUMBERS.forEach(([key]) => { $('if-' + key).value = get(key); document.querySelector('[data-of="' + key + '"]').value = isLog(key) ? Math.log(get(key)) : get(key); });
    model.elements.forEach(e => { $('if-price_factors.' + e.symbol).value = get('price_factors.' + e.symbol); });
    $('if-basket').value = now.basket; $('if-price_deck').value = now.price_deck;
    if ($('if-apply_gates')) $('if-apply_gates').checked = now.apply_gates;
  }
  function changes() {
    const out = [];
    ['price_factor', 'strategic_premium', 'discount_rate', 'cost_factor', 'capital_factor', 'recovery_factor', 'cap_factor', 'ground_weight', 'basket', 'price_deck', 'apply_gates'].forEach(key => { if (now[key] !== model.levers[key]) out.push([key, now[key]]); });
    model.elements.forEach(e => { const key = 'price_factors.' + e.symbol; if (get(key) !== (model.levers.price_factors[e.symbol] ?? 1)) out.push([key, get(key)]); });
    return out;
  }
  const soon = () => { if (!waiting) waiting = requestAnimationFrame(() => { waiting = 0; apply(); page.address(); }); };

  function apply() {
    const moves = changes();
    page.state = moves.map(([k, v]) => k + ':' + v).join(';');
    Object.entries(kept).forEach(([name, column]) => { B[name] = column; });
    Object.assign(page.ranked, ranked);
    page.note = '';
    if (moves.length) recomputed(moves);
    $('levers-banner').hidden = !moves.length;
    $('levers-actions').hidden = !moves.length;
    document.documentElement.dataset.whatIf = moves.length ? 'yes' : 'no';
    page.redraw();
  }
  function recomputed(moves) {
    if (!open) open = Kernel.open(parts);
    const began = performance.now(), result = Kernel.run(open, now);
    last = { levers: copy(now), result, ms: performance.now() - began };
    box.dataset.ms = last.ms.toFixed(1);
    const N = B.block_id.length, put = {}, column = name => put[name] || (keep(name) ? put[name] = kept[name].slice() : put[name] = new Array(N).fill(null));
    ['rank', 'tier', 'rank_p05', 'rank_p50', 'rank_p95', 'p_top10', 'p_top20', 'score_mean', 'score_p10', 'score_p50', 'score_p90', 'basket_value_usd_p10', 'basket_value_usd_p50', 'basket_value_usd_p90', ...PARTS, ...BLANK].forEach(name => { if (B[name]) column(name).fill(null); });
    const economics = ['p_pays', 'prospect', 'npv_usd_p10', 'npv_usd_p50', 'npv_usd_p90', 'npv_inr_crore_p50', 'price_multiple_needed'], status = column('status'), reason = column('status_reason');
    economics.forEach(name => { if (B[name]) column(name); });
    // what is not carried here cannot be said anew: it is left out, never left stale
    for (let i = 0; i < N; i++) { economics.forEach(name => { if (B[name]) put[name][i] = null; }); if (status[i] === 'RANKED') { status[i] = 'OUT_OF_BASKET'; reason[i] = 'What if: not ranked under these levers'; } }
    const rate = parseFloat(D.info.inr_per_usd), say = (name, i, v) => { if (put[name]) put[name][i] = v; };
    result.blocks.forEach(b => {
      const i = row.get(b.id);
      if (i === undefined || !b.known) return;
      say('p_pays', i, rounded(b.p_pays)); say('prospect', i, b.p_pays >= 0.5 ? 'PAYS' : b.p_pays >= 0.05 ? 'MAY_PAY' : 'NEEDS_MORE');
      [10, 50, 90].forEach((q, j) => say('npv_usd_p' + q, i, rounded(b.npv_usd[j])));
      say('npv_inr_crore_p50', i, rate > 0 ? rounded(b.npv_usd[1] * rate / 1e7) : null);
      say('price_multiple_needed', i, rounded(b.multiple_p50));
      [10, 50, 90].forEach((q, j) => say('basket_value_usd_p' + q, i, rounded(b.value_usd[j])));
    });
    let carried = 0, pays = 0, may = 0;
    Object.entries(result.kinds).forEach(([kind, list]) => {
      page.ranked[kind] = list.length;
      list.forEach(f => {
        const i = row.get(f.id);
        if (i === undefined) return;
        carried++; status[i] = 'RANKED'; reason[i] = null;
        ['rank', 'tier', 'rank_p05', 'rank_p50', 'rank_p95', 'p_top10', 'p_top20'].forEach(name => say(name, i, f[name]));
        say('score_mean', i, rounded(f.mean)); [10, 50, 90].forEach((q, j) => say('score_p' + q, i, rounded(f.score[j]))); PARTS.forEach((name, j) => say(name, i, rounded(f.parts[j])));
        const p = result.blocks[f.block].p_pays || 0;
        if (kind === page.first) { pays += p >= 0.5; may += p >= 0.05 && p < 0.5; }
      });
    });
    Object.entries(put).forEach(([name, values]) => { if (B[name]) B[name] = values; });
    const n = page.ranked[page.first] || 0, before = Object.values(ranked).reduce((a, b) => a + b, 0);
    page.note = 'What if: not the published result. ' + model.draws.toLocaleString('en-GB') + ' of ' + model.of_draws.toLocaleString('en-GB') + ' draws.';
    $('levers-said').textContent = page.note + ' Moved: ' + moves.map(said).join('; ') + '. Of ' + n + ' ' + (D.kinds[page.first] || 'blocks').toLowerCase() + 's ' + pays + ' pay, ' + may + ' may, ' + (n - pays - may) + ' need more.' +
      (carried < before ? ' ' + (before - carried) + ' blocks that were ranked are not ranked under these levers or are not carried by the page.' : '') + ' Plants, sentences and other figures that are not made anew are left out.';
    $('levers-command').textContent = 'khanij run --region ' + (D.info.region || 'REGION') + ' --scenario what_if ' + moves.map(([k, v]) => '--set ranking.' + k + '=' + v).join(' ');
  }
  function said([key, value]) {
    if (key.startsWith('price_factors.')) return 'price of ' + key.slice(14) + ' x ' + value;
    const f = NUMBERS.find(n => n[0] === key);
    return f ? f[1].toLowerCase() + ' ' + (f[2] === 'times' ? 'x ' + value : key === 'discount_rate' ? Number((100 * value).toPrecision(3)) + ' %' : value) : key === 'apply_gates' ? (value ? 'gates apply' : 'no gate and no lease applies') : key === 'basket' ? 'metals that count: ' + model.baskets.find(b => b[0] === value)[1] : 'price deck ' + value;
  }
  function csv() {
    const names = ['block_id', 'name', 'kind', 'state', 'status', 'rank', 'tier', 'rank_p05', 'rank_p95', 'score_mean', 'prospect', 'p_pays', 'npv_usd_p10', 'npv_usd_p50', 'npv_usd_p90', 'npv_inr_crore_p50', 'price_multiple_needed'].filter(n => B[n]);
    const cell = v => { const t = known(v) ? String(v) : ''; return /^[=+@\t\r]|^-[^0-9.]/.test(t) ? '"\'' + t.replace(/"/g, '""') + '"' : /[",\n\r]/.test(t) ? '"' + t.replace(/"/g, '""') + '"' : t; };
    const head = ['# ' + $('levers-said').textContent, '# ' + $('levers-command').textContent, '# P10 is the low case; rank_p05 is the best place.'].map(t => '"' + t.replace(/"/g, '""') + '"');
    const text = [...head, names.join(','), ...page.shown().map(i => names.map(n => cell(B[n][i])).join(','))].join('\r\n') + '\r\n';
    const a = el('a'); a.href = URL.createObjectURL(new Blob(['\ufeff' + text], { type: 'text/csv' })); a.download = 'what_if.csv'; a.click(); URL.revokeObjectURL(a.href);
  }
  /* a link opens what was seen */
  page.whatIf = text => {
    if (!text && !model) return;
    begin();
    now = copy(model.levers);
    (text || '').split(';').forEach(pair => {
      const at = pair.lastIndexOf(':'), key = pair.slice(0, at), value = pair.slice(at + 1);
      if (at < 1) return;
      if (key === 'basket') { if (model.baskets.some(b => b[0] === value)) now.basket = value; } else if (key === 'price_deck') { if (model.elements.some(e => value in e.price)) now.price_deck = value; } else if (key === 'apply_gates') { now.apply_gates = value !== 'false'; } else {
        const x = parseFloat(value), f = NUMBERS.find(n => n[0] === key), element = model.elements.some(e => 'price_factors.' + e.symbol === key);
        if (!isNaN(x) && (element && x >= 0 && x <= 1000 || f && x >= f[3] && x <= Math.max(f[4], 1))) set(key, x);
      }
    });
    if (changes().length) box.open = true;
    show(); apply();
  };
  page.kernel = () => ({ begin, parts, open, last, run: levers => { begin(); if (!open) open = Kernel.open(parts); return Kernel.run(open, { ...copy(model.levers), ...levers }); } });
  box.addEventListener('toggle', () => { if (box.open) begin(); });
}
