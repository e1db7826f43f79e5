/* SPDX-License-Identifier: BSD-3-Clause */
/* Tables: pairs of class and rule, flows, counters, manifest. */
'use strict';

const PAGE_ROWS = 100;
const RULES_SHOWN = 500;

function cell(content, numeric) {
  return element('td', numeric ? {class: 'n'} : {}, content);
}

function heading(content, numeric, attributes) {
  return element('th', Object.assign({scope: 'col'}, numeric ? {class: 'n'} : {}, attributes), content);
}

/* ---- Class and rule, which also chooses what figure 1 draws ---- */

function pairRow(pair, chosen, limit, redraw) {
  const box = element('input', {type: 'checkbox', 'aria-label': 'Draw ' + pairTitle(pair)});
  const sample = element('span', {class: 'sample', 'aria-hidden': 'true'});
  const [packets, offered, passed, delivered] = pair.totals;
  box.checked = chosen.has(pair);
  box.addEventListener('change', () => {
    if (box.checked && chosen.size < limit) chosen.add(pair);
    else if (chosen.size > 1) chosen.delete(pair);
    box.checked = chosen.has(pair);
    redraw();
  });
  const title = pair.all || pair.joined ? [element('th', {scope: 'row', colspan: 2}, pair.name)]
    : [element('th', {scope: 'row'}, visible(pair.name || 'unclassified')), cell(visible(pair.rule || '\u2013'))];
  return [sample, element('tr', pair.all ? {class: 'total'} : {}, element('td', {class: 'pick'},
    element('label', {}, box, sample)), title, cell(count(packets), true), cell(count(passed), true),
    cell(share(packets - passed, packets), true), cell(bytes(offered), true), cell(bytes(delivered), true),
    cell(share(delivered, offered), true))];
}

/* Fills the table; returns the pairs with the line samples that show their colours. */
function pairsTable(pairs, chosen, limit, redraw) {
  const rows = pairs.map((pair) => [pair, ...pairRow(pair, chosen, limit, redraw)]);
  fillWith(byId('pairs'), byId('pairs-caption').parentNode,
    element('thead', {},
      element('tr', {}, heading('Draw', false, {rowspan: 2}), heading('Class', false, {rowspan: 2}),
        heading('Rule', false, {rowspan: 2}), heading('Packets', false, {colspan: 3, class: 'group'}),
        heading('Bytes (L3)', false, {colspan: 3, class: 'group'})),
      element('tr', {}, ['Offered', 'Delivered', 'Not delivered', 'Offered', 'Delivered', 'Delivered share']
        .map((title) => heading(title, true)))),
    element('tbody', {}, rows.map(([, , row]) => row)));
  byId('pairs-caption').textContent = 'Table 1. Class and rule. At most ' + limit + ' are drawn at once.';
  return rows.map(([pair, sample]) => [pair, sample]);
}

/* ---- Flows ---- */

/* A flow as the table needs it. Times are nanoseconds from the first packet of the run. */
function flowsOf(table, firstNs) {
  const at = Object.fromEntries(table.columns.map((name, i) => [name, i]));
  return table.rows.map((row) => {
    const get = (name) => at[name] === undefined ? '' : row[at[name]];
    const flow = Object.fromEntries(['up_packets', 'up_bytes', 'up_dropped', 'down_packets', 'down_bytes',
      'down_dropped', 'held', 'delay_ns_max', 'flow', 'decided_at'].map((name) => [name, number(get(name))]));
    for (const name of ['proto', 'class', 'name', 'rule', 'reason', 'initiator']) flow[name] = String(get(name));
    flow.client = endpoint(get('client'), get('client_port'));
    flow.server = endpoint(get('server'), get('server_port'));
    flow.start = Number(big(get('first_ns')) - firstNs);
    flow.length = Number(big(get('last_ns')) - big(get('first_ns')));
    flow.dropped = flow.up_dropped + flow.down_dropped;
    flow.lost = flow.dropped / Math.max(1, flow.up_packets + flow.down_packets);
    for (const way of ['up', 'down']) {
      const exact = get(way + '_dropped_bytes');
      flow[way + '_lost_bytes'] = exact === '' ? null : number(exact);
    }
    return flow;
  });
}

const FLOW_COLUMNS = [
  {key: 'flow', title: 'Flow', numeric: true, show: count},
  {key: 'name', title: 'Name', show: visible},
  {key: 'class', title: 'Class', show: visible},
  {key: 'rule', title: 'Rule', show: visible},
  {key: 'client', title: 'Client', show: String},
  {key: 'server', title: 'Server', show: String},
  {key: 'proto', title: 'Protocol', show: visible},
  {key: 'dropped', title: 'Dropped', numeric: true, show: count},
  {key: 'lost', title: 'Dropped share', numeric: true,
    show: (value, flow) => share(flow.dropped, flow.up_packets + flow.down_packets)},
  {key: 'start', title: 'Start', numeric: true, show: (ns) => fixed(ns / NS, 3) + THIN + 's'},
  {key: 'length', title: 'Duration', numeric: true, show: (ns) => fixed(ns / NS, 3) + THIN + 's'},
  {key: 'up_packets', title: 'Packets', numeric: true, show: count, group: 'To the server'},
  {key: 'up_dropped', title: 'Dropped', numeric: true, show: count, group: 'To the server'},
  {key: 'up_bytes', title: 'Bytes', numeric: true, show: bytes, group: 'To the server'},
  {key: 'down_packets', title: 'Packets', numeric: true, show: count, group: 'To the client'},
  {key: 'down_dropped', title: 'Dropped', numeric: true, show: count, group: 'To the client'},
  {key: 'down_bytes', title: 'Bytes', numeric: true, show: bytes, group: 'To the client'},
  {key: 'held', title: 'Held', numeric: true, show: count},
  {key: 'delay_ns_max', title: 'Delay, max', numeric: true, show: duration},
  {key: 'decided_at', title: 'Decided at packet', numeric: true, show: (value) => value ? count(value) : '\u2013'},
  {key: 'reason', title: 'Reason', show: visible},
  {key: 'initiator', title: 'Initiator', show: visible},
];

function flowOrder(key, descending) {
  const sign = descending ? -1 : 1;
  return (a, b) => {
    const difference = typeof a[key] === 'number' ? a[key] - b[key] : a[key] < b[key] ? -1 : a[key] > b[key] ? 1 : 0;
    return sign * difference || (b.up_bytes + b.down_bytes) - (a.up_bytes + a.down_bytes) || a.flow - b.flow;
  };
}

function flowMatches(flow, words, rule, dropped) {
  if (dropped && !flow.dropped) return false;
  if (rule !== '*' && flow.rule !== rule) return false;
  if (!words.length) return true;
  const text = [flow.name, flow.client, flow.server, flow.class, flow.rule, flow.reason, flow.proto]
    .join(' ').toLowerCase();
  return words.every((word) => text.includes(word));
}

function flowHead(sorted, sort) {
  const button = (column) => {
    const state = sorted.key === column.key ? sorted.descending ? 'descending' : 'ascending' : 'none';
    const made = element('button', {type: 'button', class: 'sort', 'data-key': column.key}, column.title,
      element('span', {class: 'arrow', 'aria-hidden': 'true'},
        {none: '', ascending: '\u25b2', descending: '\u25bc'}[state]));
    made.addEventListener('click', () => sort(column.key));
    return {made, state};
  };
  const top = [], below = [];
  for (const column of FLOW_COLUMNS) {
    const {made, state} = button(column);
    if (!column.group) {
      top.push(heading(made, column.numeric, {rowspan: 2, 'aria-sort': state}));
      continue;
    }
    if (!top.some((cell_) => cell_.textContent === column.group)) {
      top.push(heading(column.group, false, {colspan: 3, scope: 'colgroup', class: 'group'}));
    }
    below.push(heading(made, column.numeric, {'aria-sort': state}));
  }
  return [element('tr', {}, top), element('tr', {}, below)];
}

function flowRow(flow, sequences) {
  const plotted = sequences && sequences.has(flow.flow);
  const cells = FLOW_COLUMNS.map((column) => element('td', {class: column.numeric ? flow[column.key] ? 'n' : 'n zero' : null},
    column.numeric ? column.show(flow[column.key], flow) : element('span', {}, column.show(flow[column.key], flow))));
  if (plotted) {
    const link = element('a', {href: '#flow-' + flow.flow, title: 'Show the sequence plot'}, cells[0].textContent);
    fillWith(cells[0], link);
  }
  return element('tr', {'data-flow': flow.flow, class: (plotted ? 'plotted ' : '') + (flow.dropped ? 'lossy' : '')},
    cells);
}

function flowTable(table, flows, sequences) {
  const sorted = {key: 'dropped', descending: true};
  const head = element('thead'), body = element('tbody');
  let page = 0, found = [];

  function showPages() {
    const pages = Math.ceil(found.length / PAGE_ROWS);
    const step = (text, label, to) => {
      const button = element('button', {type: 'button', 'aria-label': label, disabled: to < 0 || to >= pages}, text);
      button.addEventListener('click', () => { page = to; show(); });
      return button;
    };
    fillWith(byId('flows-pages'), pages < 2 ? [] : [step('\u00ab', 'first page', page ? 0 : -1),
      step('\u2039', 'previous page', page - 1),
      element('span', {}, 'Page ' + count(page + 1) + ' of ' + count(pages)),
      step('\u203a', 'next page', page + 1), step('\u00bb', 'last page', page < pages - 1 ? pages - 1 : -1)]);
  }

  function show() {
    const begin = page * PAGE_ROWS, end = Math.min(found.length, begin + PAGE_ROWS);
    fillWith(body, found.slice(begin, end).map((flow) => flowRow(flow, sequences)));
    byId('flows-status').textContent = !found.length ? 'No flow matches.'
      : 'Flows ' + count(begin + 1) + '\u2013' + count(end) + ' of ' + count(found.length) +
        (found.length < flows.length ? ' that match, of ' + count(flows.length) : '') + '.';
    showPages();
  }

  function search() {
    const words = byId('flows-filter').value.toLowerCase().split(/\s+/).filter(Boolean);
    const rule = byId('flows-rule').value, dropped = byId('flows-dropped').checked;
    found = flows.filter((flow) => flowMatches(flow, words, rule, dropped))
      .sort(flowOrder(sorted.key, sorted.descending));
    page = 0;
    show();
  }

  function sort(key) {
    const numeric = FLOW_COLUMNS.find((column) => column.key === key).numeric;
    sorted.descending = sorted.key === key ? !sorted.descending : Boolean(numeric) && key !== 'flow' && key !== 'start';
    sorted.key = key;
    fillWith(head, flowHead(sorted, sort));
    head.querySelector('[data-key="' + key + '"]').focus();
    search();
  }

  const rules = [...new Set(flows.map((flow) => flow.rule))].sort();
  fillWith(byId('flows-rule'), element('option', {value: '*'}, 'any'),
    rules.map((rule) => element('option', {value: rule}, rule === '' ? 'no rule' : visible(rule))));
  byId('flows-caption').textContent = 'Table 2. Flows; packets and bytes (L3) are offered.' +
    (table.shown < table.total ? ' The ' + count(table.shown) + ' most affected of ' + count(table.total) +
      ' flows are in this page; flows.csv has all.' : '') +
    ' A number in the first column leads to the flow’s plot.';
  fillWith(head, flowHead(sorted, sort));
  fillWith(byId('flows-table'), byId('flows-caption').parentNode, head, body);
  byId('flows-filter').addEventListener('input', search);
  byId('flows-rule').addEventListener('change', search);
  byId('flows-dropped').addEventListener('change', search);
  body.addEventListener('click', (event) => {
    const row = event.target.closest('tr.plotted');
    if (row && !String(window.getSelection())) location.hash = 'flow-' + row.dataset.flow;
  });
  search();
}

/* ---- Counters ---- */

function droppedOf(counters) {
  return Object.values(counters.dropped || {}).reduce((sum, value) => sum + big(value), 0n);
}

/* What is missing on the right side of the equation; 0 when the counters close. */
function openBy(counters) {
  return big(counters.received) - big(counters.forwarded) - big(counters.held) - droppedOf(counters);
}

function closureMark(open) {
  return open === 0n ? element('span', {class: 'closes'}, '\u2713 closes')
    : element('span', {class: 'open'}, '\u2717 off by ' + count(open));
}

function equation(counters) {
  const term = (sign, value, title) => element('span', {class: 'part'},
    sign ? element('span', {class: 'operator'}, sign) : null,
    element('span', {class: 'term'}, element('b', {}, count(value)), element('small', {}, title)));
  const reasons = Object.entries(counters.dropped || {}).filter(([, value]) => big(value) !== 0n);
  fillWith(byId('equation'), term('', counters.received, 'received'),
    term('=', counters.forwarded, 'forwarded'), term('+', counters.held, 'held'),
    reasons.length ? reasons.map(([reason, value]) => term('+', value, 'dropped: ' + visible(reason)))
      : term('+', 0, 'dropped'),
    closureMark(openBy(counters)));
}

function counterRow(title, counters, reasons, attributes) {
  return element('tr', attributes, element('th', {scope: 'row'}, title), cell(count(counters.received), true),
    cell(['=', ' ', count(counters.forwarded)], true), cell(['+', ' ', count(counters.held)], true),
    reasons.map((reason) => cell(['+', ' ', count((counters.dropped || {})[reason] || 0)], true)),
    cell(closureMark(openBy(counters))));
}

function countersTable(counters) {
  const scopes = [
    ...Object.entries(counters.ports || {}).map(([id, one]) => ['Port ' + visible(id), one]),
    ...Object.entries(counters.rules || {}).map(([id, one]) => ['Rule ' + visible(id), one])];
  const everything = [['Total', counters], ...scopes];
  const named = [...new Set(everything.flatMap(([, one]) => Object.keys(one.dropped || {})))];
  const reasons = named.filter((reason) => everything.some(([, one]) => big((one.dropped || {})[reason]) !== 0n));
  const silent = named.filter((reason) => !reasons.includes(reason));
  const open = everything.filter(([, one]) => openBy(one) !== 0n);
  const busy = scopes.filter(([, one]) => big(one.received) !== 0n || openBy(one) !== 0n);
  const idle = scopes.length - busy.length;

  equation(counters);
  fillWith(byId('counters-table'), byId('counters-caption').parentNode,
    element('thead', {}, element('tr', {}, heading('Packets'), heading('Received', true), heading('Forwarded', true),
      heading('Held', true), reasons.map((reason) => heading('Dropped: ' + visible(reason), true)),
      heading('Closure'))),
    element('tbody', {}, counterRow('Total', counters, reasons, {class: 'total'}),
      busy.slice(0, RULES_SHOWN).map(([title, one]) => counterRow(title, one, reasons))));
  byId('counters-caption').textContent = 'Table 3. Received = forwarded + held + dropped, by reason. ' +
    (open.length ? count(open.length) + ' of ' + count(everything.length) + ' rows do not close.'
      : 'All ' + count(everything.length) + ' rows close.') +
    (idle ? ' ' + plural(idle, 'port or rule', 'ports and rules') + ' without packets not shown.' : '') +
    (busy.length > RULES_SHOWN ? ' Only the first ' + count(RULES_SHOWN) + ' ports and rules are shown.' : '') +
    (silent.length ? ' No packet dropped for: ' + silent.map(visible).join(', ') + '.' : '');
  return open.length;
}

const COUNTER_TITLES = {
  not_ip: 'not IP', fragment: 'later fragments', truncated: 'truncated', malformed: 'malformed',
};

function counterList(title, entries, after) {
  return element('div', {}, element('h3', {}, title), element('dl', {class: 'numbers'}, entries.map(([name, value]) =>
    [element('dt', {}, COUNTER_TITLES[name] || visible(name.replaceAll('_', ' '))), element('dd', {}, count(value))])),
  after || null);
}

/* The same equation in bytes. */
function byteCounters(counters) {
  const inBytes = {received: counters.received_bytes, forwarded: counters.forwarded_bytes,
    held: counters.held_bytes, dropped: counters.dropped_bytes || {}};
  return counterList('Bytes (L3)', [['received', inBytes.received], ['= forwarded', inBytes.forwarded],
    ['+ held', inBytes.held], ...Object.entries(inBytes.dropped).map(([reason, value]) => ['+ dropped: ' + reason, value])],
  closureMark(openBy(inBytes)));
}

/* What the counters hold beyond the equation, whatever its names. */
function countersMore(counters) {
  const byteKeys = ['received_bytes', 'forwarded_bytes', 'held_bytes', 'dropped_bytes'];
  const equationKeys = ['received', 'forwarded', 'held', 'dropped', 'rules', 'ports', ...byteKeys];
  const rest = Object.entries(counters).filter(([name]) => !equationKeys.includes(name));
  const single = rest.filter(([, value]) => typeof value !== 'object');
  const titles = {parse: 'Parser', flows: 'Flow table'};
  fillWith(byId('counters-more'), byteKeys.every((name) => counters[name] !== undefined) ? byteCounters(counters) : [],
    single.length ? counterList('Other', single) : [],
    rest.filter(([, value]) => value && typeof value === 'object')
      .map(([name, value]) => counterList(titles[name] || visible(name), Object.entries(value)
        .filter(([, one]) => typeof one !== 'object'))));
}

/* ---- Manifest ---- */

function shellWord(word) {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : "'" + word.replaceAll("'", "'\\''") + "'";
}

function plainTable(caption, columns, rows) {
  const numeric = (i) => columns[i] === 'bytes';
  return element('div', {class: 'scroll', role: 'region', 'aria-label': caption, tabindex: 0},
    element('table', {}, element('caption', {}, element('span', {}, caption)),
      element('thead', {}, element('tr', {}, columns.map((name, i) => heading(visible(name), numeric(i))))),
      element('tbody', {}, rows.map((row) => element('tr', {}, columns.map((name, i) =>
        element('td', {class: numeric(i) ? 'n' : name === 'sha256' ? 'hash' : null},
          numeric(i) ? count(row[name]) : typeof row[name] === 'boolean' ? (row[name] ? 'yes' : 'no')
            : visible(row[name] === undefined || row[name] === '' ? '\u2013' : row[name]))))))));
}

function manifestValue(value) {
  if (Array.isArray(value)) return value.map((one) => typeof one === 'object' ? JSON.stringify(one) : one).map(visible).join(', ');
  if (value && typeof value === 'object') {
    return Object.entries(value).filter(([, one]) => one === null || typeof one !== 'object')
      .map(([name, one]) => visible(name) + THIN + visible(one)).join(', ');
  }
  return visible(value);
}

const RESULT_TITLES = {packets: 'Packets', flows: 'Flows', flows_throttled: 'Flows throttled',
  first_ns: 'First packet', last_ns: 'Last packet'};

function manifest(run) {
  const rows = [], add = (title, value, attributes) => {
    if (value !== undefined && value !== '') rows.push(element('dt', {}, title), element('dd', attributes, value));
  };
  const words = (run.arguments || []).map((word) => shellWord(String(word)));
  if (words[0] !== run.command) words.unshift(String(run.command || ''));
  const rules = run.rules || {}, warnings = run.warnings || [];
  const known = ['sluice', 'command', 'arguments', 'seed', 'started', 'seconds', 'clock', 'libraries', 'host', 'inputs',
    'rules', 'results', 'warnings'];

  fillWith(byId('warnings'), warnings.length
    ? [element('h3', {}, plural(warnings.length, 'warning')),
      element('ul', {class: 'warnings'}, warnings.map((text) => element('li', {}, visible(text))))]
    : element('p', {class: 'none'}, 'No warnings.'));
  add('Sluice', visible(run.sluice));
  add('Command line', element('code', {}, visible('sluice ' + words.join(' '))));
  add('Seed', visible(run.seed));
  add('Started', visible(run.started));
  add('Took', run.seconds === undefined ? undefined : fixed(number(run.seconds), 3) + THIN + 's');
  add('Clock', visible(run.clock));
  add('Rules', [rules.title ? visible(rules.title) + ' (' + visible(rules.id) + ')' : visible(rules.id || '\u2013'),
    rules.origin ? ', from ' + visible(rules.origin) : '']);
  if (rules.sha256) add('Rules, SHA-256', visible(rules.sha256), {class: 'hash'});
  add('Libraries', manifestValue(run.libraries || {}));
  add('Host', manifestValue(run.host || {}));
  for (const [name, value] of Object.entries(run.results || {})) {
    add(RESULT_TITLES[name] || visible(name.replaceAll('_', ' ')), /_ns$/.test(name) ? utcExact(value)
      : value && typeof value === 'object' ? manifestValue(value)
        : /^-?\d+$/.test(String(value)) ? count(value) : visible(value));
  }
  for (const [name, value] of Object.entries(run)) if (!known.includes(name)) add(visible(name), manifestValue(value));
  fillWith(byId('manifest-body'), element('dl', {class: 'facts'}, rows),
    (run.inputs || []).length ? plainTable('Table 4. Inputs', ['path', 'bytes', 'sha256'], run.inputs) : [],
    (rules.parameters || []).length ? plainTable('Table 5. Parameters in force',
      ['name', 'value', 'source', 'certainty', 'set'], rules.parameters) : []);
}
