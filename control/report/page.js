/* SPDX-License-Identifier: BSD-3-Clause */
/* The sentence at the top, and the order in which the page is filled. */
'use strict';

/* The bytes of the packets that a flow lost in a direction, and whether that is exact. Where
 * flows.csv does not tell, its rule does, exactly when all the rule's drops are this flow's, else
 * by their mean size; then the mean size of what was offered. */
function lostBytes(flow, way, counters) {
  const told = flow[way + '_lost_bytes'], dropped = flow[way + '_dropped'];
  if (told !== null) return {lost: told, exact: true};
  const rule = (counters.rules || {})[flow.rule] || {};
  const packets = Number(droppedOf(rule));
  const size = Object.values(rule.dropped_bytes || {}).reduce((sum, value) => sum + number(value), 0);
  if (packets && size) return {lost: dropped * size / packets, exact: packets === dropped};
  return {lost: flow[way + '_bytes'] * dropped / Math.max(1, flow[way + '_packets']), exact: false};
}

/* The direction of a flow that lost most: what was offered and what got through, in bit/s. */
function flowRates(flow, counters) {
  const way = flow.down_dropped >= flow.up_dropped ? 'down' : 'up';
  const offered = flow[way + '_bytes'], seconds = flow.length / NS;
  const {lost, exact} = lostBytes(flow, way, counters);
  if (!(seconds > 0)) return null;
  return {offered: 8 * offered / seconds, delivered: 8 * (offered - lost) / seconds, exact};
}

function lossPart(counters, all) {
  const dropped = droppedOf(counters), held = big(counters.held);
  const [, offered, , delivered] = all.totals;
  const lost = ' (' + bytes(offered - delivered) + ' of ' + bytes(offered) + ')';
  if (dropped === 0n && held === 0n) return 'no packet of ' + count(counters.received) + ' was dropped';
  return count(dropped + held) + ' of ' + plural(counters.received, 'packet') + (offered > delivered ? lost : '') +
    (dropped + held === 1n ? ' was ' : ' were ') +
    (held === 0n ? 'dropped' : dropped === 0n ? 'still held at the end' : 'dropped or still held at the end');
}

function worstPart(flows, counters) {
  const worst = flows.length ? flows.reduce((a, b) => flowOrder('dropped', true)(a, b) <= 0 ? a : b) : null;
  if (worst && worst.dropped) {
    const name = worst.name === '' ? worst.server : visible(worst.name), rates = flowRates(worst, counters);
    return '; the most affected flow, ' + name + ', ' + (rates
      ? 'got ' + (rates.exact ? '' : 'about ') + rate(rates.delivered) + ' of ' + rate(rates.offered) + ' offered'
      : 'lost ' + plural(worst.dropped, 'packet'));
  }
  const slowest = flows.reduce((a, b) => b.delay_ns_max > (a ? a.delay_ns_max : 0) ? b : a, null);
  return slowest ? '; the longest added delay was ' + duration(slowest.delay_ns_max) + ', in flow ' +
    (slowest.name === '' ? slowest.server : visible(slowest.name)) : '';
}

function sentence(run, counters, all, flows) {
  const results = run.results || {}, rules = run.rules || {};
  const throttled = big(results.flows_throttled);
  return visible(rules.id || 'The ruleset') + ' throttled ' + (throttled ? count(throttled) : 'none') + ' of ' +
    plural(results.flows, 'flow') + ': ' + lossPart(counters, all) + worstPart(flows, counters) + '.';
}

function facts(run, counters, open) {
  const results = run.results || {}, warnings = (run.warnings || []).length;
  const length = Number(big(results.last_ns) - big(results.first_ns));
  const inputs = (run.inputs || []).map((input) => visible(String(input.path).split('/').pop()));
  fillWith(byId('facts'),
    inputs.length ? element('li', {}, inputs.slice(0, 3).join(', ') +
      (inputs.length > 3 ? ' and ' + count(inputs.length - 3) + ' more' : '')) : [],
    big(results.first_ns) ? element('li', {}, duration(length) + ' from ' + utc(results.first_ns)) : [],
    run.seed === undefined ? [] : element('li', {}, 'seed ' + visible(run.seed)),
    element('li', {class: open ? 'open' : 'closes'}, element('a', {href: '#closure'},
      open ? '\u2717 counters do not close' : '\u2713 counters close')),
    warnings ? element('li', {class: 'open'}, element('a', {href: '#manifest'}, '\u26a0 ' + plural(warnings, 'warning')))
      : element('li', {}, 'no warnings'));
}

function followHash(sequences) {
  const found = /^#flow-(\d+)$/.exec(location.hash);
  if (!found || !sequences || !sequences.has(found[1])) return;
  sequences.show(found[1]);
  byId('affected').scrollIntoView();
  byId('sequence-plot').focus({preventScroll: true});
}

/* The paper is narrower than the screen, white, and has no second try: plots are drawn for it. */
function followPaper() {
  const set = (state) => {
    if (printing === state) return;
    printing = state;
    document.documentElement.classList.toggle('printing', state);
    redrawAll();
  };
  window.addEventListener('beforeprint', () => set(true));
  window.addEventListener('afterprint', () => set(false));
  darkScheme.addEventListener('change', redrawAll);
}

function start() {
  const run = data('run'), counters = data('counters'), table = data('flows');
  const flows = flowsOf(table, big((run.results || {}).first_ns));
  const rules = run.rules || {};
  const pairs = throughputFigure(data('series'));
  const sequences = sequenceFigure(data('sequences'), flows);

  flowTable(table, flows, sequences);
  facts(run, counters, countersTable(counters));
  countersMore(counters);
  manifest(run);
  byId('kicker').textContent = 'Sluice ' + visible(run.sluice || '') + ' ' + visible(run.command || '') +
    (rules.title ? ' \u00b7 ' + visible(rules.title) : '');
  byId('sentence').textContent = sentence(run, counters, pairs[0], flows);
  document.title = visible(rules.id || 'Sluice') + ' \u2013 Sluice report';
  followPaper();
  window.addEventListener('hashchange', () => followHash(sequences));
  followHash(sequences);
}

start();
