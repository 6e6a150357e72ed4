'use strict';
/* The published engine once more, in the page: the same named draws (Philox 4x32-10, AS 241), the same formulas
   (scoring/waste/projects), so that a lever that is not moved changes nothing. Arrays are of one block's or site's draws. */
const Kernel = (function () { // eslint-disable-line no-unused-vars
  const A = Math.sqrt(0.7), C = Math.sqrt(0.3), HALF = Math.sqrt(0.5), ROOT34 = Math.sqrt(0.75), REFERENCE_T = 5e6, HIGHEST = 0.97;
  const ALL_SETS_UP_TO = 6, EXCHANGE = 0.2;
  const high = (a, b) => { // upper 32 bits of a product of two 32-bit numbers
    const al = a & 65535, ah = a >>> 16, bl = b & 65535, bh = b >>> 16, m = ah * bl + ((al * bl) >>> 16), n = al * bh + (m & 65535);
    return (ah * bh + Math.floor(m / 65536) + (n / 65536 >>> 0)) >>> 0;
  };
  const words = key => [0, 8, 16, 24].map(i => parseInt(key.slice(i, i + 8), 16));
  function uniforms(key, n) {
    const out = new Float64Array(n), [ka, kb, kc, kd] = words(key);
    for (let block = 0; 4 * block < n; block++) {
      let c0 = block, c1 = 0, c2 = kc, c3 = kd, k0 = ka, k1 = kb;
      for (let r = 0; r < 10; r++) {
        const h0 = high(0xD2511F53, c0), l0 = Math.imul(0xD2511F53, c0), h1 = high(0xCD9E8D57, c2), l1 = Math.imul(0xCD9E8D57, c2);
        c0 = (h1 ^ c1 ^ k0) >>> 0; c1 = l1 >>> 0; c2 = (h0 ^ c3 ^ k1) >>> 0; c3 = l0 >>> 0;
        k0 = (k0 + 0x9E3779B9) >>> 0; k1 = (k1 + 0xBB67AE85) >>> 0;
      }
      const w = [c0, c1, c2, c3];
      for (let j = 0; j < 4 && 4 * block + j < n; j++) out[4 * block + j] = (w[j] + 0.5) / 4294967296;
    }
    return out;
  }
  function quantile(p) { // AS 241 (Wichura 1988)
    const q = p - 0.5;
    if (Math.abs(q) <= 0.425) {
      const r = 0.180625 - q * q;
      return q * (((((((2509.0809287301226727 * r + 33430.575583588128105) * r + 67265.770927008700853) * r + 45921.953931549871457) * r + 13731.693765509461125) * r + 1971.5909503065514427) * r + 133.14166789178437745) * r + 3.387132872796366608) /
        (((((((5226.495278852854561 * r + 28729.085735721942674) * r + 39307.89580009271061) * r + 21213.794301586595867) * r + 5394.1960214247511077) * r + 687.1870074920579083) * r + 42.313330701600911252) * r + 1);
    }
    const r = Math.sqrt(-Math.log(Math.min(p, 1 - p))) - 1.6; // 32-bit uniforms stay below 5, where the near tail ends
    const z = (((((((7.7454501427834140764e-4 * r + 0.0227238449892691845833) * r + 0.24178072517745061177) * r + 1.27045825245236838258) * r + 3.64784832476320460504) * r + 5.7694972214606914055) * r + 4.6303378461565452959) * r + 1.42343711074968357734) /
      (((((((1.05075007164441684324e-9 * r + 5.475938084995344946e-4) * r + 0.0151986665636164571966) * r + 0.14810397642748007459) * r + 0.68976733498510000455) * r + 1.6763848301838038494) * r + 2.05319162663775882187) * r + 1);
    return p > 0.5 ? z : -z;
  }
  const normals = (key, n) => { const out = uniforms(key, n); for (let k = 0; k < n; k++) out[k] = quantile(out[k]); return out; };
  /* quantile of type 7 of sorted values */
  const at = (sorted, p) => { const h = (sorted.length - 1) * p, i = Math.floor(h), a = sorted[i]; return h === i ? a : a + (h - i) * (sorted[i + 1] - a); };
  const mean = a => { let s = 0; for (let k = 0; k < a.length; k++) s += a[k]; return s / a.length; };
  let buffer = new Float64Array(0);
  const sorted = a => { if (buffer.length !== a.length) buffer = new Float64Array(a.length); buffer.set(a); return buffer.sort(); };
  const spread = a => { const s = sorted(a); return [at(s, 0.1), at(s, 0.5), at(s, 0.9), mean(a)]; };

  /* sums over a life of 0, 1, 2 ... whole years: produced, costed, years */
  function lifeTable(ramp, rate, f) {
    const v = 1 / (1 + rate), out = [new Float64Array(f.max_life + 1), new Float64Array(f.max_life + 1), new Float64Array(f.max_life + 1)];
    for (let t = 1; t <= f.max_life; t++) {
      const share = ramp[Math.min(t, ramp.length) - 1], d = Math.pow(v, t + 1);
      out[0][t] = out[0][t - 1] + share * d; out[1][t] = out[1][t - 1] + (f.fixed + (1 - f.fixed) * share) * d; out[2][t] = out[2][t - 1] + d;
    }
    return out;
  }

  function open(parts) {
    const model = parts.model, K = model.draws, cache = new Map();
    const drawn = key => { let z = cache.get(key); if (!z) { z = normals(key, K); cache.set(key, z); } return z; };
    const profiles = model.profiles.map(text => {
      const raw = atob(text), bytes = new Uint8Array(raw.length);
      for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
      return Float64Array.from(new Float32Array(bytes.buffer).subarray(0, K));
    });
    /* what no lever moves: prices over their deck, and of every site tonnes, costs over their level, metal in a tonne */
    const market = {};
    model.elements.forEach(e => {
      const own = drawn(e.key), group = e.group ? drawn(model.groups[e.group]) : null, out = new Float64Array(K), s = e.log_sd;
      const a = Math.sqrt(e.rho), b = Math.sqrt(1 - e.rho);
      for (let k = 0; k < K; k++) out[k] = Math.exp(s * (group ? a * group[k] + b * own[k] : own[k]) - s * s / 2);
      market[e.symbol] = out;
    });
    function grade(mu, sd, pure, common, key) {
      const z0 = drawn(common), z = normals(key, K), out = new Float64Array(K);
      for (let k = 0; k < K; k++) out[k] = pure / (1 + Math.exp(-(mu + sd * (A * z0[k] + C * z[k])))) / 1000;
      return out;
    }
    const lognormal = ([mu, sd, key]) => { const out = normals(key, K); for (let k = 0; k < K; k++) out[k] = Math.exp(mu + sd * out[k]); return out; };
    const times = (row, profile) => { if (profile < 0) return row; const out = new Float64Array(K), p = profiles[profile]; for (let k = 0; k < K; k++) out[k] = row[k] * p[k]; return out; };
    function unpack(site) {
      if (site.drawn) return site.drawn;
      const d = { tonnes: lognormal(site.tonnage), works: uniforms(site.works[1], K), operating: new Float64Array(K), capital: new Float64Array(K) };
      for (let k = 0; k < K; k++) d.works[k] = d.works[k] < site.works[0] ? 1 : model.failure_share;
      const family = drawn(model.families[site.family]), z1 = normals(site.operating[3], K), z2 = normals(site.capital[3], K);
      for (let k = 0; k < K; k++) {
        const z = HALF * family[k] + HALF * z1[k];
        d.operating[k] = Math.exp(site.operating[0] + site.operating[1] * z);
        d.capital[k] = Math.exp(site.capital[0] + site.capital[1] * (0.5 * z + ROOT34 * z2[k]));
      }
      const shared = drawn(site.recovery);
      d.logits = site.products.map(p => { const z = normals(p.key, K), out = new Float64Array(K); for (let k = 0; k < K; k++) out[k] = p.sd * (A * shared[k] + C * z[k]); return out; });
      if (site.members.length) {
        d.members = site.members.map(m => {
          const one = { tonnes: lognormal(m.tonnage), assayed: site.products.map(() => new Float64Array(K)), given: site.products.map(() => new Float64Array(K)) };
          m.figures.forEach(([mu, sd, pure, common, key, of]) => {
            const row = grade(mu, sd, pure, common, key);
            of.forEach(([i, profile, recovered]) => { const part = times(row, profile), into = (recovered ? one.given : one.assayed)[i]; for (let k = 0; k < K; k++) into[k] += part[k]; });
          });
          return one;
        });
      } else {
        const figures = site.figures.map(f => grade(...f));
        d.contained = site.products.map(p => times(figures[p.figure], p.share));
      }
      site.drawn = d;
      return d;
    }
    return { model, parts, market, unpack, K };
  }

  /* every plant: what it treats and costs, discounted; levers move costs and the rate */
  function plants(m, site, tonnes, levers, w) {
    const K = m.K, f = m.model.finance, rates = m.model.rates, d = site.drawn, table = levers.tables[site.ramp], last = f.max_life, v = 1 / (1 + levers.discount_rate);
    const building = 0.5 + 0.5 * v, full = building + f.closure * Math.pow(v, last + 2) + f.sustaining * table[2][last], lnV = Math.log(v);
    const kf = levers.cost_factor, cf = levers.cost_factor * levers.capital_factor;
    const [t0, t1, t2] = table, { operating, capital } = d, { least } = w, freight = site.freight, minLife = f.min_life, all0 = t0[last], all1 = t1[last];
    least.fill(Infinity);
    for (let q = 0; q < rates.length; q++) {
      const rate = rates[q], size = Math.log(rate / REFERENCE_T), sk = kf * Math.exp(site.operating[2] * size), sc = cf * Math.exp(site.capital[2] * size), weight = w.weight[q], cost = w.cost[q];
      for (let k = 0; k < K; k++) {
        const life = tonnes[k] / rate;
        if (life >= last) { weight[k] = all0 * rate; cost[k] = all1 * rate * (operating[k] * sk + freight) + capital[k] * sc * full; } else if (life < minLife && q > 0) { weight[k] = 0; cost[k] = Infinity; continue; } else {
          const j = life | 0, part = life - j, built = building + f.closure * Math.exp(lnV * (life + 2)) + f.sustaining * (t2[j] + part * (t2[j + 1] - t2[j]));
          weight[k] = (t0[j] + part * (t0[j + 1] - t0[j])) * rate;
          cost[k] = (t1[j] + part * (t1[j + 1] - t1[j])) * rate * (operating[k] * sk + freight) + capital[k] * sc * built;
        }
        const ratio = cost[k] / weight[k];
        if (ratio < least[k]) least[k] = ratio;
      }
    }
  }

  /* one site or one set of a complex under the levers: npv, multiple, U and U_lambda of the basket in every draw */
  function value(m, site, tonnes, contained, recovered, live, levers, w, o) {
    const K = m.K, rates = m.model.rates, Q = rates.length, f = m.model.finance, n = live.length;
    const margin = w.margin, lift = w.lift, price = live.map(p => levers.prices[p.element]);
    for (let i = 0; i < n; i++) margins(live[i], price[i], contained[i], recovered[i], margin[i], lift[i], levers.strategic_premium, K);
    const caps = live.map(p => p.cap === null ? Infinity : p.cap * levers.cap_factor), inside = live.map(p => levers.basket.has(p.element));
    const { net, capped, fed, own, more } = w, { npv, multiple, lifted } = o, u = o.value;
    net.fill(0); capped.fill(0); own.fill(0); more.fill(0); npv.fill(-Infinity); u.fill(0); lifted.fill(0);
    for (let k = 0; k < K; k++) fed[k] = Math.min(rates[Q - 1], Math.max(rates[0], f.min_life > 0 ? tonnes[k] / f.min_life : Infinity));
    for (let i = 0; i < n; i++) {
      const rec = recovered[i], mar = margin[i], lif = lift[i], cap = caps[i], counts = inside[i];
      for (let k = 0; k < K; k++) {
        const r = rec[k], worth = r * mar[k];
        net[k] += worth;
        if (counts) { own[k] += worth; more[k] += r * lif[k]; }
        if (r * fed[k] > cap) capped[k] = 1;
      }
    }
    for (let q = 0; q < Q; q++) {
      const weight = w.weight[q], cost = w.cost[q];
      for (let k = 0; k < K; k++) { const x = weight[k] * net[k] - cost[k]; if (x > npv[k]) npv[k] = x; }
    }
    for (let k = 0; k < K; k++) multiple[k] = net[k] > 0 ? w.least[k] / net[k] : Infinity;
    let paying = 0;
    for (let k = 0; k < K; k++) if (npv[k] > 0 && !capped[k]) w.where[paying++] = k;
    for (let q = 0; q < Q && paying; q++) {
      const weight = w.weight[q], cost = w.cost[q];
      for (let j = 0; j < paying; j++) {
        const k = w.where[j], x = weight[k] * net[k] - cost[k];
        if (!(x > 0)) continue;
        const mine = weight[k] * own[k], extra = weight[k] * more[k], low = x < mine ? x : mine;
        if (low > u[k]) u[k] = low;
        if (low + extra > lifted[k]) lifted[k] = low + extra;
      }
    }
    for (let k = 0; k < K; k++) if (capped[k]) oneCapped(k, n, recovered, margin, lift, caps, inside, rates, w, o);
  }
  function margins(p, price, contained, recovered, margin, lift, premium, K) {
    const pay = p.payable, top = pay * (1 + premium * p.need), freight = p.freight;
    for (let k = 0; k < K; k++) {
      const charged = !p.contained ? p.royalty : recovered[k] > 0 ? p.royalty * contained[k] / recovered[k] : Infinity, P = price[k];
      margin[k] = Math.max(0, P * (pay - charged) - freight);
      lift[k] = Math.max(0, P * (top - charged) - freight) - margin[k];
    }
  }
  /* a draw in which the market takes no more of a metal at some size: the sizes one by one */
  function oneCapped(k, n, recovered, margin, lift, caps, inside, rates, w, o) {
    let best = -Infinity, multiple = Infinity, u = 0, lifted = 0;
    for (let q = 0; q < rates.length && !(w.weight[q][k] <= 0 && q > 0); q++) {
      const produced = w.weight[q][k] / rates[q];
      let earned = 0, own = 0, more = 0;
      for (let i = 0; i < n; i++) {
        const kg = Math.min(rates[q] * recovered[i][k], caps[i]);
        earned += kg * margin[i][k];
        if (inside[i]) { own += kg * margin[i][k]; more += kg * lift[i][k]; }
      }
      const npv = produced * earned - w.cost[q][k];
      best = Math.max(best, npv);
      if (earned > 0) multiple = Math.min(multiple, w.cost[q][k] / (produced * earned));
      if (npv > 0) { u = Math.max(u, Math.min(npv, produced * own)); lifted = Math.max(lifted, Math.min(npv + produced * more, produced * (own + more))); }
    }
    o.npv[k] = best; o.multiple[k] = multiple; o.value[k] = u; o.lifted[k] = lifted;
  }

  const rows = (n, K) => Array.from({ length: n }, () => new Float64Array(K));
  const outcome = K => ({ npv: new Float64Array(K), multiple: new Float64Array(K), value: new Float64Array(K), lifted: new Float64Array(K) });
  function scratch(m, products) {
    const K = m.K, Q = m.model.rates.length;
    return { weight: rows(Q, K), cost: rows(Q, K), least: new Float64Array(K), margin: rows(products, K), lift: rows(products, K), recovered: rows(products, K), contained: rows(products, K), yields: rows(products, K), tonnes: new Float64Array(K), net: new Float64Array(K), own: new Float64Array(K), more: new Float64Array(K), fed: new Float64Array(K), capped: new Uint8Array(K), where: new Int32Array(K) };
  }
  /* share of the metal that comes out: failure of the route inside */
  function yields(m, site, p, i, levers, out) {
    const d = site.drawn, r = Math.min(HIGHEST, levers.recovery_factor / (1 + Math.exp(-p.logit))), logit = Math.log(r / (1 - r)), z = d.logits[site.products.indexOf(p)];
    if (p.at === levers.recovery_factor) { out.set(p.yields); return out; }
    for (let k = 0; k < m.K; k++) out[k] = d.works[k] / (1 + Math.exp(-(logit + z[k])));
    p.at = levers.recovery_factor; p.yields = Float64Array.from(out);
    return out;
  }
  function single(m, site, live, levers, w, o) {
    const d = site.drawn, K = m.K, contained = live.map(p => d.contained[site.products.indexOf(p)]);
    live.forEach((p, i) => {
      const y = yields(m, site, p, i, levers, w.yields[i]), out = w.recovered[i], c = contained[i], lean = p.lean === null ? Infinity : 1000 * p.lean;
      for (let k = 0; k < K; k++) out[k] = c[k] * y[k] * (p.recovered > 0 ? p.recovered : Math.min(1, lean * c[k]));
    });
    const level = [levers.discount_rate, levers.cost_factor, levers.capital_factor].join();
    if (!d.plants) d.plants = { weight: rows(m.model.rates.length, K), cost: rows(m.model.rates.length, K), least: new Float64Array(K) };
    if (d.level !== level) { plants(m, site, d.tonnes, levers, d.plants); d.level = level; }
    w = { ...w, ...d.plants };
    value(m, site, d.tonnes, contained, w.recovered, live, levers, w, o);
  }
  /* a complex: the best set of its members in every draw; of many members the first n by what a tonne of each earns */
  function complex(m, site, live, levers, w, o) {
    const d = site.drawn, K = m.K, M = d.members.length, one = outcome(K), index = live.map(p => site.products.indexOf(p));
    live.forEach((p, i) => yields(m, site, p, i, levers, w.yields[i]));
    const work = has => {
      w.tonnes.fill(0);
      for (let j = 0; j < M; j++) for (let k = 0; k < K; k++) if (has(j, k)) w.tonnes[k] += d.members[j].tonnes[k];
      live.forEach((p, i) => {
        const con = w.contained[i], rec = w.recovered[i], lean = p.lean === null ? Infinity : 1000 * p.lean;
        con.fill(0); rec.fill(0);
        for (let j = 0; j < M; j++) { const a = d.members[j].assayed[index[i]], g = d.members[j].given[index[i]]; for (let k = 0; k < K; k++) if (has(j, k)) { const share = d.members[j].tonnes[k] / w.tonnes[k]; con[k] += share * a[k]; rec[k] += share * g[k]; } }
        for (let k = 0; k < K; k++) {
          const assayed = con[k], given = p.recovered * rec[k], kept = assayed > 0 ? Math.min(1, lean * (assayed + given)) : 0;
          con[k] += rec[k]; rec[k] = w.yields[i][k] * (assayed * kept + given);
        }
      });
      plants(m, site, w.tonnes, levers, w);
      value(m, site, w.tonnes, w.contained, w.recovered, live, levers, w, one);
    };
    o.npv.fill(-Infinity); o.multiple.fill(Infinity); o.value.fill(0); o.lifted.fill(0);
    const take = () => { for (let k = 0; k < K; k++) { o.npv[k] = Math.max(o.npv[k], one.npv[k]); o.multiple[k] = Math.min(o.multiple[k], one.multiple[k]); o.value[k] = Math.max(o.value[k], one.value[k]); o.lifted[k] = Math.max(o.lifted[k], one.lifted[k]); } };
    if (M <= ALL_SETS_UP_TO) { for (let set = 1; set < 1 << M; set++) { work(j => set >> j & 1); take(); } return; }
    const earned = d.members.map((_, j) => { work(i => i === j); return Float64Array.from(w.net); }), means = earned.map(mean);
    const before = (a, b, j, other) => a > b || (a === b && other < j);
    const place = earned.map((row, j) => { const out = new Uint8Array(K); for (let k = 0; k < K; k++) for (let other = 0; other < M; other++) out[k] += before(earned[other][k], row[k], j, other); return out; });
    const ofMean = means.map((b, j) => means.reduce((n, a, other) => n + before(a, b, j, other), 0));
    for (let n = 0; n < M; n++) { work((j, k) => place[j][k] <= n); take(); work(j => ofMean[j] <= n); take(); }
  }
  const h = u => u > 0 ? Math.min(1, Math.log10(1 + u / 1e5) / 5) : 0;

  /* the share of a pair in every draw: one number, or a mask of draws with one share or one each */
  function shares(pair, K) {
    const out = new Float64Array(K);
    if (pair.length < 3) return out.fill(pair[1]);
    let n = 0;
    for (let k = 0; k < K; k++) if (parseInt(pair[2].substr(2 * (k >> 3), 2), 16) >> (k & 7) & 1) { out[k] = pair[1].length > 1 ? pair[1][n] : pair[1][0]; n++; }
    return out;
  }

  /* everything under the levers; `levers` holds values of the settings of the same names */
  function run(m, given) {
    const K = m.K, model = m.model, part = m.parts[given.apply_gates ? 'gates_on' : 'gates_off'] || m.parts.gates_on || m.parts.gates_off;
    const levers = { ...given, basket: new Set(model.baskets.find(b => b[0] === given.basket)[2]), prices: {}, tables: model.ramps.map(r => lifeTable(r, given.discount_rate, model.finance)) };
    const sold = {};
    model.elements.forEach(e => {
      const factor = given.price_factor * (given.price_factors[e.symbol] ?? 1), base = e.price[given.price_deck] * factor, row = m.market[e.symbol], out = new Float64Array(K);
      sold[e.symbol] = Object.values(e.price).some(p => p * factor > 0);
      for (let k = 0; k < K; k++) out[k] = base * row[k];
      levers.prices[e.symbol] = out;
    });
    if (!m.work) m.work = scratch(m, Math.max(1, ...['gates_on', 'gates_off'].flatMap(g => (m.parts[g] ? m.parts[g].sites : []).map(s => s.products.length))));
    const results = part.sites.map(site => {
      const live = site.products.filter(p => sold[p.element]);
      if (!live.length) return null;
      m.unpack(site);
      const o = site.out || (site.out = outcome(K));
      (site.members.length ? complex : single)(m, site, live, levers, m.work, o);
      return o;
    });
    const blocks = part.blocks.map(block => {
      const pairs = block.sites.filter(pair => results[pair[0]]);
      const kept = block.rows || (block.rows = outcome(K)), out = { id: block.id, kind: block.kind, x: block.x, ground: block.ground, known: pairs.length > 0, npv: kept.npv.fill(0), multiple: kept.multiple.fill(Infinity), value: kept.value.fill(0), lifted: kept.lifted.fill(0) };
      if (!pairs.length) return out;
      const loss = new Float64Array(K).fill(-Infinity), pays = new Uint8Array(K);
      pairs.forEach(pair => {
        add(out, results[pair[0]], pair.each || (pair.each = shares(pair, K)), loss, pays, K);
      });
      let n = 0;
      for (let k = 0; k < K; k++) if (pays[k]) n++; else out.npv[k] = loss[k] > -Infinity ? loss[k] : 0;
      out.p_pays = n / K;
      out.npv_usd = spread(out.npv);
      out.value_usd = spread(out.value);
      const middle = sorted(out.multiple), low = middle[Math.floor((K - 1) / 2)], up = middle[Math.ceil((K - 1) / 2)];
      out.multiple_p50 = up === Infinity ? Infinity : low + ((K - 1) / 2 - Math.floor((K - 1) / 2)) * (up - low);
      return out;
    });
    return { blocks, kinds: rank(blocks, part.members[given.basket], given.ground_weight, K) };
  }

  /* places in every draw, the lowest key first, ties: their average */
  function rankDraws(keys, n, K) {
    const ranks = rows(n, K), column = new Float64Array(n), order = new Uint16Array(n), other = new Uint16Array(n);
    for (let k = 0; k < K; k++) {
      for (let j = 0; j < n; j++) { column[j] = keys[j][k]; order[j] = j; }
      inOrder(column, order, other, n);
      for (let start = 0; start < n;) {
        let end = start;
        while (end + 1 < n && column[order[end + 1]] === column[order[start]]) end++;
        for (let j = start; j <= end; j++) ranks[order[j]][k] = 0.5 * (start + end) + 1;
        start = end + 1;
      }
    }
    return ranks;
  }
  /* by merging runs, the result in `order`: a library's sort would call back for every pair */
  function inOrder(column, order, other, n) {
    let from = order, to = other;
    for (let width = 1; width < n; width *= 2) {
      for (let lo = 0; lo < n; lo += 2 * width) {
        const mid = lo + width < n ? lo + width : n, hi = lo + 2 * width < n ? lo + 2 * width : n;
        for (let a = lo, b = mid, i = lo; i < hi; i++) to[i] = a < mid && (b >= hi || column[from[a]] <= column[from[b]]) ? from[a++] : from[b++];
      }
      const swap = from; from = to; to = swap;
    }
    if (from !== order) order.set(from);
  }
  /* what one pair adds to its block */
  function add(block, o, share, loss, pays, K) {
    for (let k = 0; k < K; k++) {
      const s = share[k], npv = o.npv[k];
      if (!(s > 0)) continue;
      if (npv > loss[k]) loss[k] = npv;
      if (o.multiple[k] < block.multiple[k]) block.multiple[k] = o.multiple[k];
      if (npv > 0) { pays[k] = 1; block.npv[k] += s * npv; block.value[k] += s * o.value[k]; block.lifted[k] += s * o.lifted[k]; }
    }
  }
  /* score and key in every draw; the means of h(U) and h(U_lambda) */
  function scoreDraws(block, factor, score, key, K) {
    let total = 0, lifted = 0;
    for (let k = 0; k < K; k++) {
      const top = block.lifted[k];
      score[k] = 0;
      if (top > 0) { const high = h(top); score[k] = factor * Math.fround(high); lifted += high; total += block.value[k] === top ? high : h(block.value[k]); }
      key[k] = Math.fround(score[k] > 0 ? -score[k] : Math.fround(block.multiple[k]) / Math.fround(block.x)); // 32 bits, as the engine keeps them
    }
    return [total / K, lifted / K];
  }

  /* order within each kind: scores in every draw, places, tiers */
  function rank(blocks, members, w, K) {
    const out = {};
    Object.entries(members).forEach(([kind, list]) => {
      const n = list.length;
      if (!n) return;
      const keys = rows(n, K), found = list.map((b, j) => {
        const block = blocks[b], x = 100 * block.x, score = new Float64Array(K), [total, lifted] = scoreDraws(block, x * (1 - w + w * block.ground), score, keys[j], K);
        const parts = [x * (1 - w) * total, x * (1 - w) * (lifted - total), x * w * block.ground * lifted];
        return { id: block.id, block: b, parts, mean: parts[0] + parts[1] + parts[2], score: spread(score), needed: block.known ? block.multiple_p50 / block.x : Infinity };
      });
      const ranks = rankDraws(keys, n, K), index = Array.from({ length: n }, (_, i) => i);
      const points = found.map(f => even(10 * f.mean) / 10);
      const placed = index.slice().sort((a, b) => points[b] - points[a] || lower(found[a].needed, found[b].needed) || (found[a].id < found[b].id ? -1 : 1));
      placed.forEach((j, i) => { found[j].rank = i + 1; });
      found.forEach((f, j) => { const s = sorted(ranks[j]); f.rank_p05 = at(s, 0.05); f.rank_p50 = at(s, 0.5); f.rank_p95 = at(s, 0.95); [10, 20].forEach(t => { f['p_top' + t] = top(ranks[j], t); }); });
      const tiers = [];
      placed.forEach(j => {
        const first = tiers.length ? tiers[tiers.length - 1] : null;
        if (first && above(ranks[j], ranks[first[0]]) > EXCHANGE) first.push(j); else tiers.push([j]);
      });
      tiers.forEach(t => { const a = found[t[0]].rank, b = found[t[t.length - 1]].rank; t.forEach(j => { found[j].tier = a === b ? String(a) : a + '-' + b; }); });
      out[kind] = found;
    });
    return out;
  }
  const lower = (a, b) => a < b ? -1 : a > b ? 1 : 0;
  const even = x => { const r = Math.round(x); return Math.abs(x - Math.trunc(x)) === 0.5 && r % 2 ? r - 1 : r; }; // halves to even, as numpy
  const above = (a, b) => { let n = 0; for (let k = 0; k < a.length; k++) n += a[k] < b[k] ? 1 : a[k] === b[k] ? 0.5 : 0; return n / a.length; };
  const top = (ranks, t) => { let n = 0; for (let k = 0; k < ranks.length; k++) if (ranks[k] <= t) n++; return n / ranks.length; };

  return { open, run, uniforms, normals };
}());
