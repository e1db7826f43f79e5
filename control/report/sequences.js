/* SPDX-License-Identifier: BSD-3-Clause */
/* Figure 2: time and sequence of the most affected flows, dropped packets marked. */
'use strict';

function drawCross(graph, series, context, x, y, colour, size, width) {
  context.strokeStyle = colour;
  context.lineWidth = width > 0 && width < 1 ? width : size / 2.6;
  context.beginPath();
  context.moveTo(x - size, y - size);
  context.lineTo(x + size, y + size);
  context.moveTo(x - size, y + size);
  context.lineTo(x + size, y - size);
  context.stroke();
}

function drawDot(graph, series, context, x, y, colour, size) {
  context.fillStyle = colour;
  context.beginPath();
  context.arc(x, y, size, 0, 2 * Math.PI);
  context.fill();
}

function flowName(flow) {
  return visible(flow.name || flow.server || 'flow ' + flow.flow);
}

function pointsOf(flow, direction) {
  return flow.points.filter((point) => number(point[1]) === direction);
}

function lossOf(points) {
  return points.reduce((sum, point) => sum + (point[3] ? 1 : 0), 0);
}

/* The direction that lost most, else the one with most packets. */
function mainDirection(flow) {
  const [up, down] = [pointsOf(flow, 0), pointsOf(flow, 1)];
  const difference = lossOf(down) - lossOf(up) || down.length - up.length;
  return difference >= 0 ? 1 : 0;
}

/* Fewer packets, larger marks. */
function markSize(points) {
  return Math.max(0.7, Math.min(1, 20 / Math.sqrt(points.length + 1)));
}

function drawThumbnail(canvas, flow) {
  const context = canvas.getContext('2d'), colours = scheme();
  const points = pointsOf(flow, mainDirection(flow));
  const ratio = Math.max(2, window.devicePixelRatio || 1);
  const width = 168, height = 72, pad = 5;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  context.scale(ratio, ratio);
  const span = points.reduce((most, point) => Math.max(most, point[0]), 1);
  const top = points.reduce((most, point) => Math.max(most, point[2]), 1);
  const low = points.reduce((least, point) => Math.min(least, point[2]), 0);
  const place = (point) => [pad + (width - 2 * pad) * point[0] / span,
    height - pad - (height - 2 * pad) * (point[2] - low) / (top - low)];
  for (const point of points) if (point[3]) drawCross(null, null, context, ...place(point), colours.lost, 2, 0.7);
  for (const point of points) if (!point[3]) drawDot(null, null, context, ...place(point), colours.kept, 1.3);
}

function sequenceFigure(sequences, flowRows) {
  const target = byId('sequence-plot'), flows = sequences.flows || [];
  const choice = byId('sequence-flow'), direction = byId('sequence-direction');
  const rowOf = new Map(flowRows.map((row) => [String(row.flow), row]));
  let graph = null, view = null, current = flows[0], thumbnails = [];

  if (!flows.length) {
    byId('affected').querySelector('figure').replaceWith(
      element('p', {class: 'empty'}, 'No flow has a sequence plot.'));
    return null;
  }

  function showLegend(points, near) {
    const lost = lossOf(points), colours = scheme();
    const sign = (name, text) => element('span', {class: 'sign ' + name, 'aria-hidden': 'true'}, text);
    const items = [
      element('li', {}, sign('kept', '\u25cf'), 'forwarded', element('b', {}, count(points.length - lost))),
      element('li', {}, sign('lost', '\u2715'), 'dropped', element('b', {}, count(lost)))];
    items.forEach((item, i) => { item.firstChild.style.color = i ? colours.lost : colours.kept; });
    const moment = near ? [fixed(near[0] / NS, 3) + THIN + 's, ', bytes(near[2]),
      near[3] ? ', dropped' : ', forwarded'] : [plural(points.length, 'packet') + ' drawn'];
    fillWith(byId('sequence-legend'), element('li', {class: 'moment'}, moment), items);
  }

  function showCaption() {
    const thinned = number(current.thinned) > 1 || number(current.drops_thinned) > 1
      ? ' The flow is long: of every ' + count(current.thinned) + ' forwarded and every ' +
        count(current.drops_thinned || 1) + ' dropped packets one is drawn.' : '';
    byId('sequence-axis').textContent = 'Time since ' + utc(current.first_ns);
    byId('sequence-caption').textContent = flowName(current) + ', ' + visible(current.client) + ' \u2192 ' +
      visible(current.server) + ', flow ' + count(current.flow) +
      '. Each packet stands at the end of its data; a dropped packet is a cross. Drag to zoom.' + thinned;
    target.setAttribute('aria-label', 'Time and sequence of ' + flowName(current) + ', ' +
      byId('sequence-legend').textContent + '. Arrow keys move, plus and minus zoom, 0 shows everything.');
  }

  function draw(keep) {
    const points = pointsOf(current, number(direction.value)), colours = scheme();
    const rows = points.map((point) => [point[0] / NS, point[3] ? point[2] : null, point[3] ? null : point[2]]);
    const order = rows.map((row, i) => [row, points[i]]).sort((a, b) => a[0][0] - b[0][0]);
    const kept = keep && graph && graph.isZoomed('x') ? graph.xAxisRange() : null;
    showLegend(points, null);
    showCaption();
    if (!rows.length) {
      if (graph) graph.destroy();
      graph = view = null;
      fillWith(target, element('p', {class: 'empty'}, 'No packets in this direction.'));
      return;
    }
    if (!graph) fillWith(target);
    else if (!keep) graph.resetZoom();
    graph = plot(graph, target, order.map(([row]) => row), {
      labels: ['s', 'dropped', 'forwarded'], strokeWidth: 0, drawPoints: true, xRangePad: 8, yRangePad: 8,
      dateWindow: kept,
      series: {
        forwarded: {color: colours.kept, pointSize: 2.4 * markSize(points), drawPointCallback: drawDot,
          drawHighlightPointCallback: drawDot},
        dropped: {color: colours.lost, pointSize: 4 * markSize(points), drawPointCallback: drawCross,
          drawHighlightPointCallback: drawCross},
      },
      axes: {x: secondsAxis(), y: {axisLabelWidth: 74, axisLabelFormatter: tickFormat(bytes)}},
      highlightCallback: (event, x, found, row) => showLegend(points, order[row][1]),
      unhighlightCallback: () => showLegend(points, null),
    });
    view = zoomOf(graph);
  }

  function choose(flow) {
    current = flow;
    choice.value = String(flows.indexOf(flow));
    direction.value = String(mainDirection(flow));
    thumbnails.forEach((button, i) => button.setAttribute('aria-pressed', String(flows[i] === flow)));
    draw(false);
  }

  function drawThumbnails() {
    thumbnails.forEach((button, i) => drawThumbnail(button.querySelector('canvas'), flows[i]));
  }

  fillWith(choice, flows.map((flow, i) => element('option', {value: i},
    flowName(flow) + ' \u2013 ' + visible(flow.client) + ' \u2013 flow ' + count(flow.flow))));
  thumbnails = flows.map((flow) => {
    const row = rowOf.get(String(flow.flow)); /* counts all packets, the points may be thinned */
    const [lost, all] = row ? [row.dropped, row.up_packets + row.down_packets]
      : [lossOf(flow.points), flow.points.length];
    const button = element('button', {type: 'button', class: 'thumbnail', 'aria-pressed': 'false'},
      element('canvas', {'aria-hidden': 'true'}), element('span', {class: 'name'}, flowName(flow)),
      element('span', {class: 'note'}, count(lost) + ' of ' + count(all) + ' dropped'));
    button.addEventListener('click', () => choose(flow));
    return button;
  });
  fillWith(byId('thumbnails'), flows.length > 1 ? thumbnails : []);
  choice.addEventListener('change', () => choose(flows[number(choice.value)]));
  direction.addEventListener('change', () => draw(false));
  zoomButtons(byId('sequence-zoom'), {pan: (part) => view && view.pan(part),
    zoom: (factor) => view && view.zoom(factor), reset: () => view && view.reset()});
  zoomByKeys(target, () => view);
  drawThumbnails();
  choose(flows[0]);
  drawn.push(() => { draw(true); drawThumbnails(); });
  return {
    has: (flow) => flows.some((one) => String(one.flow) === String(flow)),
    show: (flow) => choose(flows.find((one) => String(one.flow) === String(flow))),
  };
}
