/* SPDX-License-Identifier: BSD-3-Clause */
/* What all plots share, and figure 1: throughput over time. */
'use strict';

/* Okabe and Ito's colours, which differ for all kinds of colour vision; each scheme leaves out
 * those with too little contrast to its background. */
const SCHEMES = {
  light: {
    lines: ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000'],
    grid: '#e4e5e7', axis: '#8a8f98', kept: '#0072b2', lost: '#d55e00',
  },
  dark: {
    lines: ['#56b4e9', '#e69f00', '#009e73', '#cc79a7', '#d55e00', '#f0e442', '#ffffff'],
    grid: '#2c3138', axis: '#767d88', kept: '#56b4e9', lost: '#e69f00',
  },
};
const darkScheme = window.matchMedia('(prefers-color-scheme: dark)');
const BINS_MAX = 20000; /* a canvas has no use for more */
const BINS_PLEASANT = 600;
let printing = false;

function scheme() {
  return SCHEMES[darkScheme.matches && !printing ? 'dark' : 'light'];
}

const drawn = []; /* plots that are redrawn when the colours or the paper change */

function redrawAll() {
  for (const redraw of drawn) redraw();
}

function zoomButtons(target, view) {
  const actions = [
    ['\u2190', 'earlier', () => view.pan(-0.25)], ['\u2192', 'later', () => view.pan(0.25)],
    ['+', 'zoom in', () => view.zoom(0.5)], [MINUS, 'zoom out', () => view.zoom(2)],
    ['Reset', 'show everything', () => view.reset()]];
  fillWith(target, actions.map(([text, label, act]) => {
    const button = element('button', {type: 'button', title: label, 'aria-label': label}, text);
    button.addEventListener('click', act);
    return button;
  }));
}

/* Zoom and pan of a dygraph by buttons and by keys; the mouse is dygraphs' own. */
function zoomOf(graph) {
  const move = (low, high) => {
    const [first, last] = graph.xAxisExtremes();
    const width = Math.min(high - low, last - first);
    const begin = Math.max(first, Math.min(low, last - width));
    if (width > 0) graph.updateOptions({dateWindow: [begin, begin + width]});
  };
  const view = {
    pan(part) {
      const [low, high] = graph.xAxisRange();
      move(low + part * (high - low), high + part * (high - low));
    },
    zoom(factor) {
      const [low, high] = graph.xAxisRange();
      const middle = (low + high) / 2, half = factor * (high - low) / 2;
      move(middle - half, middle + half);
    },
    reset() {
      graph.resetZoom();
    },
  };
  return view;
}

function zoomByKeys(target, current) {
  const keys = {
    ArrowLeft: (view) => view.pan(-0.25), ArrowRight: (view) => view.pan(0.25),
    '+': (view) => view.zoom(0.5), '=': (view) => view.zoom(0.5), '-': (view) => view.zoom(2),
    '0': (view) => view.reset(), Escape: (view) => view.reset()};
  target.addEventListener('keydown', (event) => {
    if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey || !current()) return;
    keys[event.key](current());
    event.preventDefault();
  });
}

function lineSample(colour, dashed) {
  const sample = element('span', {class: dashed ? 'sample dashed' : 'sample'});
  sample.style.borderColor = colour;
  return sample;
}

/* All ticks of an axis in the unit of its upper end; on a logarithmic axis each in its own. */
function tickFormat(format) {
  return (value, granularity, option, graph) => value === 0 ? '0'
    : option('logscale') ? format(value) : format(value, graph.yAxisRange(0)[1]);
}

/* On paper Chromium repeats a canvas's drawing calls; others print its pixels, so there are more. */
function plot(graph, target, rows, options) {
  if (!graph) return new Dygraph(target, rows, plotOptions(options));
  graph.updateOptions(plotOptions(Object.assign({file: rows, pixelRatio: printing ? 4 : null}, options)));
  graph.resize();
  return graph;
}

/* As one path: dygraphs begins its dashes anew at every point, so that many points look solid. */
function drawDashedSteps(drawing) {
  const {drawingContext: context, points, color} = drawing;
  let level = NaN;
  /* The areas of all series are filled in the turn of the first, which has no other plotter. */
  if (drawing.seriesIndex === 0) Dygraph.Plotters.fillPlotter(drawing);
  context.save();
  context.setLineDash([5, 3]);
  context.lineWidth = 1.4;
  context.strokeStyle = color;
  context.beginPath();
  for (const point of points) {
    const before = level;
    level = point.yval === null ? NaN : point.canvasy;
    if (Number.isFinite(before)) context.lineTo(point.canvasx, before);
    if (!Number.isFinite(level)) continue;
    if (Number.isFinite(before)) context.lineTo(point.canvasx, level);
    else context.moveTo(point.canvasx, level);
  }
  context.stroke();
  context.restore();
}

/* series.csv by pair of class and rule: totals, and where its bins stand. */
function seriesPairs(series) {
  const pairs = series.pairs.map(([name, rule]) => ({name, rule, rows: [], totals: [0, 0, 0, 0]}));
  const joined = {name: '(all others)', rule: '', joined: true, rows: [], totals: [0, 0, 0, 0]};
  const all = {name: 'All traffic', rule: '', all: true, rows: series.rows, totals: [0, 0, 0, 0]};
  for (const row of series.rows) {
    const pair = pairs[row[1]] || joined;
    pair.rows.push(row);
    for (let i = 0; i < 4; i++) {
      row[i + 2] = number(row[i + 2]);
      pair.totals[i] += row[i + 2];
      all.totals[i] += row[i + 2];
    }
  }
  return [all, ...pairs, ...(joined.rows.length ? [joined] : [])];
}

function pairTitle(pair) {
  if (pair.all || pair.joined) return pair.name;
  return visible(pair.name || 'unclassified') + (pair.rule ? ' \u2192 ' + visible(pair.rule) : ', no rule');
}

/* 1, 2, 5, 10, ... bins of the file, as far as the capture is long. */
function binWidths(series, bins) {
  const widths = [];
  for (let unit = 1; unit <= bins && widths.length < 40; unit *= 10) {
    widths.push(unit, 2 * unit, 5 * unit);
  }
  const usable = widths.filter((width) => bins / width <= BINS_MAX && (width === 1 || bins / width >= 4));
  return usable.length ? usable : [Math.max(1, Math.ceil(bins / BINS_MAX))];
}

/* Rows for dygraphs: seconds, then offered and delivered of each pair in bit/s. A row more at the
 * end lets the last step have its width. */
function throughputRows(series, pairs, width, log) {
  const bins = series.rows.length ? series.rows[series.rows.length - 1][0] + 1 : 0;
  const length = Math.ceil(bins / width);
  const seconds = width * series.bin_ns / NS;
  const rows = Array.from({length: length + 1}, (_, i) => [i * seconds, ...pairs.flatMap(() => [0, 0])]);
  pairs.forEach((pair, at) => {
    for (const [bin, , , offered, , delivered] of pair.rows) {
      const row = rows[Math.floor(bin / width)];
      row[1 + 2 * at] += 8 * offered / seconds;
      row[2 + 2 * at] += 8 * delivered / seconds;
    }
  });
  if (length) rows[length] = [length * seconds, ...rows[length - 1].slice(1)];
  if (log) for (const row of rows) for (let i = 1; i < row.length; i++) row[i] = row[i] || null;
  return rows;
}

function throughputFigure(series) {
  const target = byId('throughput-plot'), legend = byId('throughput-legend');
  const pairs = seriesPairs(series);
  const lossy = pairs.slice(1).filter((pair) => pair.totals[2] < pair.totals[0])
    .sort((a, b) => (b.totals[0] - b.totals[2]) - (a.totals[0] - a.totals[2]));
  const chosen = new Set(lossy.length ? lossy.slice(0, 2) : [pairs[0]]);
  const slots = new Map(); /* a pair keeps its colour while others come and go */
  let graph = null, view = null, values = [];

  function colour(pair) {
    return scheme().lines[slots.get(pair)];
  }

  function settle() {
    for (const pair of slots.keys()) if (!chosen.has(pair)) slots.delete(pair);
    for (const pair of chosen) {
      if (slots.has(pair)) continue;
      const taken = new Set(slots.values());
      slots.set(pair, scheme().lines.findIndex((_, slot) => !taken.has(slot)));
    }
  }

  function showLegend(row) {
    const moment = row === null ? null : values[row];
    const items = [...chosen].flatMap((pair, at) => ['offered', 'delivered'].map((what, side) =>
      element('li', {}, lineSample(colour(pair), side === 0),
        element('span', {}, pairTitle(pair) + ', ' + what),
        element('b', {}, moment ? rate(moment[1 + 2 * at + side] || 0)
          : rateOf(pair.totals[1 + 2 * side]) + ' mean'))));
    const seconds = moment ? fixed(moment[0], 1) + '\u2013' +
      fixed(moment[0] + number(byId('throughput-bin').value) * series.bin_ns / NS, 1) + THIN + 's' : 'whole run';
    fillWith(legend, element('li', {class: 'moment'}, seconds), items);
  }

  const bins = series.rows.length ? series.rows[series.rows.length - 1][0] + 1 : 0;

  function rateOf(total) {
    return bins ? rate(8 * total / (bins * series.bin_ns / NS)) : rate(0);
  }

  function describe() {
    const names = [...chosen].map(pairTitle).join('; ');
    target.setAttribute('aria-label', 'Offered and delivered throughput over time: ' + names +
      '. Arrow keys move, plus and minus zoom, 0 shows everything.');
  }

  function draw() {
    const log = byId('throughput-scale').value === 'log';
    const window_ = graph ? graph.xAxisRange() : null;
    const zoomed = graph && graph.isZoomed('x');
    settle();
    values = throughputRows(series, [...chosen], number(byId('throughput-bin').value), log);
    const labels = ['s', ...[...chosen].flatMap((_, i) => ['o' + i, 'd' + i])];
    const options = {};
    [...chosen].forEach((pair, i) => {
      options['o' + i] = {color: colour(pair), plotter: drawDashedSteps};
      options['d' + i] = {color: colour(pair), strokeWidth: 2, fillGraph: !log && chosen.size === 1};
    });
    graph = plot(graph, target, values, {
      labels, series: options, stepPlot: true, logscale: log, includeZero: !log, fillAlpha: 0.12,
      dateWindow: zoomed ? window_ : null,
      axes: {x: secondsAxis(), y: {axisLabelWidth: 74, axisLabelFormatter: tickFormat(rate), drawGrid: true}},
      highlightCallback: (event, x, points, row) => showLegend(row),
      unhighlightCallback: () => showLegend(null),
    });
    view = zoomOf(graph);
    showLegend(null);
    describe();
    for (const [pair, sample] of samples) {
      sample.style.borderColor = chosen.has(pair) ? colour(pair) : 'transparent';
    }
  }

  const samples = pairsTable(pairs, chosen, scheme().lines.length, draw);
  const widths = binWidths(series, bins);
  const pleasant = widths.find((width) => bins / width <= BINS_PLEASANT) || widths[widths.length - 1];
  fillWith(byId('throughput-bin'), widths.map((width) => element('option',
    {value: width, selected: width === pleasant}, interval(width * series.bin_ns))));
  byId('throughput-bin').addEventListener('change', draw);
  byId('throughput-scale').addEventListener('change', draw);
  byId('throughput-axis').textContent = 'Time since ' + (bins ? utc(series.first_ns) : 'the first packet');
  fillWith(byId('throughput-caption'), throughputCaption(series));
  zoomButtons(byId('throughput-zoom'),
    {pan: (part) => view.pan(part), zoom: (factor) => view.zoom(factor), reset: () => view.reset()});
  zoomByKeys(target, () => view);
  if (!bins) target.replaceWith(element('p', {class: 'empty'}, 'series.csv has no bins: no packets.'));
  else { draw(); drawn.push(draw); }
  return pairs;
}

function throughputCaption(series) {
  const parts = ['Offered (dashed) and delivered (solid) throughput, bytes of layer 3, averaged over ' +
    'bins. Drag to zoom, double-click to show everything; the table below chooses what is drawn.'];
  if (series.bin_ns !== series.file_bin_ns) {
    parts.push(' series.csv has ' + plural(series.file_rows, 'row') + ' in bins of ' +
      interval(series.file_bin_ns) + '; they are added up to bins of ' + interval(series.bin_ns) + ' here.');
  }
  if (series.pairs_joined > 0) {
    parts.push(' ' + plural(series.pairs_joined, 'pair') + ' of class and rule with the least traffic ' +
      'are shown as one, “(all others)”.');
  }
  return parts;
}

function secondsAxis() {
  return {axisLabelFormatter: (value) => fixed(value, 6).replace(/\.?0+$/, '') + THIN + 's', drawGrid: false,
    axisLabelWidth: 70, pixelsPerLabel: 80, axisTickSize: 6};
}

function plotOptions(more) {
  const colours = scheme();
  return Object.assign({
    legend: 'never', axisLineColor: colours.axis, gridLineColor: colours.grid, gridLineWidth: 1,
    axisLabelFontSize: 12, rightGap: 14, animatedZooms: false, highlightCircleSize: 3,
    /* Without dygraphs' touch: it would keep a finger from scrolling past the plot. */
    interactionModel: {mousedown: Dygraph.defaultInteractionModel.mousedown,
      dblclick: Dygraph.defaultInteractionModel.dblclick},
  }, more);
}
