'use strict';
/* What a budget buys: the set of campaigns of the largest total net worth, at most one a site, exact in lakhs of rupees
   (scoring/waste/sampling/budget.py; of sets worth the same the cheaper, then the first site by its id). */
function bestSet(campaigns, crore) { // eslint-disable-line no-unused-vars
  const sites = [], of = new Map();
  [...campaigns].filter(c => c.net > 0).sort((a, b) => a.site < b.site ? -1 : a.site > b.site ? 1 : a.campaign < b.campaign ? -1 : 1).forEach(c => {
    if (!of.has(c.site)) { of.set(c.site, []); sites.push(of.get(c.site)); }
    of.get(c.site).push(c);
  });
  const asked = sites.reduce((n, s) => n + Math.max(...s.map(c => c.lakh)), 0), capacity = Math.min(Math.floor(crore * 100 + 1e-6), asked), choices = [];
  let worth = new Float64Array(capacity + 1), cost = new Float64Array(capacity + 1);
  [...sites].reverse().forEach(options => {
    const best = new Float64Array(capacity + 1).fill(-1), spent = new Float64Array(capacity + 1), choice = new Int16Array(capacity + 1);
    [...options.map(c => [c.lakh, even(c.net)]), [0, 0]].forEach(([lakh, usd], number) => {
      for (let at = lakh; at <= capacity; at++) {
        const w = worth[at - lakh] + usd, s = cost[at - lakh] + lakh;
        if (w > best[at] || (w === best[at] && s < spent[at])) { best[at] = w; spent[at] = s; choice[at] = number; }
      }
    });
    worth = best; cost = spent; choices.push(choice);
  });
  const out = [];
  let left = capacity;
  sites.forEach((options, i) => { const n = choices[sites.length - 1 - i][left]; if (n < options.length) { out.push(options[n]); left -= options[n].lakh; } });
  return out;
  function even(x) { const r = Math.round(x); return Math.abs(x - Math.trunc(x)) === 0.5 && r % 2 ? r - 1 : r; }
}
function budget(page) { // eslint-disable-line no-unused-vars
  const { D, $, el } = page, box = $('budget'), rows = D.campaigns || [];
  if (!rows.length) return;
  const campaigns = rows.map(([site, campaign, name, step, lakh, net, p, advice, source, block]) => ({ site, campaign, name, step, lakh, net, p, advice, source, block }));
  box.hidden = false;
  const show = () => {
    const crore = parseFloat($('budget-crore').value), out = $('budget-buys');
    out.replaceChildren();
    if (!(crore >= 0)) { out.append(el('p', 'Give crores of rupees, 0 or more.', 'hint')); return; }
    const chosen = bestSet(campaigns, crore).sort((a, b) => b.net - a.net), spent = chosen.reduce((n, c) => n + c.lakh, 0) / 100, worth = chosen.reduce((n, c) => n + c.net, 0);
    out.append(el('p', chosen.length + ' of ' + campaigns.length + ' campaigns that are worth their cost, for Rs ' + spent.toLocaleString('en-IN') + ' crore; worth USD ' + Math.round(worth / 1e5) / 10 + ' million after their cost.'));
    const table = el('table'), head = el('tr');
    ['Site', 'Campaign', 'Cost, Rs lakh', 'Worth after cost, million USD', 'What it may decide', 'Source of the cost'].forEach(t => { const th = el('th', t); th.scope = 'col'; head.append(th); });
    table.append(head);
    chosen.forEach(c => {
      const tr = el('tr'), name = el('td'), at = D.blocks.block_id.indexOf(c.block);
      if (at >= 0) { const link = el('a', c.name || c.site); link.href = '#block=' + encodeURIComponent(c.block); name.append(link); } else name.textContent = c.name || c.site;
      tr.append(name, el('td', c.step), el('td', c.lakh.toLocaleString('en-IN'), 'n'), el('td', String(Number((c.net / 1e6).toPrecision(3))), 'n'), el('td', c.advice), el('td', c.source)); table.append(tr);
    });
    if (chosen.length) out.append(table);
  };
  $('budget-crore').addEventListener('input', show);
  box.addEventListener('toggle', show);
}
