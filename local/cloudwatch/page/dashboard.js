// Draws each widget with uPlot, and requests new values every few seconds. Values are never interpreted as HTML.
'use strict';

const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#b8860b', '#56b4e9', '#7f7f7f', '#000000'];
const LIMIT_COLOUR = '#b00020';
const REFRESH_MS = 5000;
const ROW_PX = 34;
const PADDING_PX = 26;
const charts = [];

function show(value) {
  if (value == null) return '–';
  return Number(value.toPrecision(3)).toLocaleString('en', Math.abs(value) < 10000 ? { maximumFractionDigits: 6 } : { notation: 'compact', maximumSignificantDigits: 3 });
}

function last(values) {
  return values.reduce((found, value) => value ?? found, null);
}

function seriesOf(line, number) {
  return {
    label: line.label,
    scale: line.right ? 'right' : 'y',
    stroke: line.limit ? LIMIT_COLOUR : COLOURS[number % COLOURS.length],
    dash: line.limit ? [2, 4] : number < COLOURS.length ? undefined : [6, 3],
    width: 1.5,
    spanGaps: true,
    points: { show: !line.limit, size: 4 },
    value: (chart, value, at, index) => show(index == null ? last(chart.data[at]) : value),
  };
}

function axesOf(lines) {
  const grid = { stroke: '#e9ebed' };
  const values = (chart, splits) => splits.map(show);
  const times = (chart, splits) => splits.map((second) => new Date(second * 1000).toLocaleTimeString('en-GB'));
  const axes = [{ grid, values: times, space: 80, size: 30 }, { scale: 'y', grid, size: 60, values }];
  if (lines.some((line) => line.right)) axes.push({ scale: 'right', side: 1, grid: { show: false }, size: 60, values });
  return axes;
}

function rangeOf(chart, low, high) {
  return [Math.min(0, low ?? 0) * 1.1, high > 0 ? high * 1.1 : 1];
}

function place(widget) {
  const section = document.createElement('section');
  if (widget.title) write(section, 'h2', '', widget.title);
  section.style.gridColumn = `${widget.place[0] + 1} / span ${widget.place[2]}`;
  document.getElementById('widgets').append(section);
  return section;
}

function write(parent, kind, name, text) {
  const element = document.createElement(kind);
  element.className = name;
  element.textContent = text;
  parent.append(element);
  return element;
}

function buildText(widget) {
  write(place(widget), 'p', 'text', widget.text);
  return { update() {}, resize() {} };
}

function buildNumbers(widget) {
  const list = write(place(widget), 'dl', 'numbers', '');
  const numbers = widget.lines.map((line) => {
    const item = write(list, 'div', 'number', '');
    write(item, 'dt', '', line.label);
    return write(item, 'dd', '', '');
  });
  return {
    update: (times, lines) => numbers.forEach((number, at) => (number.textContent = show(last(lines[at].values)))),
    resize() {},
  };
}

function buildChart(widget, times) {
  const section = place(widget);
  const options = {
    width: section.clientWidth - PADDING_PX,
    height: widget.place[3] * ROW_PX,
    series: [{ value: (chart, second) => (second == null ? '–' : new Date(second * 1000).toLocaleTimeString('en-GB')) }, ...widget.lines.map(seriesOf)],
    axes: axesOf(widget.lines),
    padding: [12, widget.lines.some((line) => line.right) ? 0 : 28, 0, 0],
    scales: { y: { range: rangeOf }, right: { range: rangeOf } },
    legend: { live: true },
  };
  const data = (moments, lines) => [moments, ...lines.map((line) => line.values)];
  const chart = new uPlot(options, data(times, widget.lines), section);
  return {
    update: (moments, lines) => chart.setData(data(moments, lines)),
    resize: () => chart.setSize({ width: section.clientWidth - PADDING_PX, height: chart.height }),
  };
}

function build(widget, times) {
  if (!widget.lines.length) return buildText(widget);
  return widget.view === 'singleValue' ? buildNumbers(widget) : buildChart(widget, times);
}

async function refresh() {
  const state = document.getElementById('state');
  try {
    const data = await (await fetch('/_dashboard/data.json')).json();
    data.widgets.forEach((widget, number) => {
      if (charts.length <= number) charts.push(build(widget, data.times));
      charts[number].update(data.times, widget.lines);
    });
    state.textContent = `last ${Math.ceil((data.times.length * data.period) / 60)} minutes, in periods of ${data.period} s; updated at ${new Date().toLocaleTimeString('en-GB')}`;
  } catch (error) {
    state.textContent = `Update failed: ${error.message}`;
  }
}

window.addEventListener('resize', () => charts.forEach((chart) => chart.resize()));
refresh();
setInterval(refresh, REFRESH_MS);
