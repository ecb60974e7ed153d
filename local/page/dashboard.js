// Draws each widget with uPlot, and asks for new values every few seconds. No value is ever read as HTML.
'use strict';

const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#b8860b', '#56b4e9', '#7f7f7f', '#000000'];
const REFRESH_MS = 5000;
const ROW_PX = 34;
const charts = [];

function show(value) {
  if (value == null) return '–';
  return Number(value.toPrecision(3)).toLocaleString('en', value < 10000 ? {} : { notation: 'compact', maximumSignificantDigits: 3 });
}

function last(values) {
  return values.reduce((found, value) => value ?? found, null);
}

function seriesOf(line, number) {
  return {
    label: line.label,
    scale: line.right ? 'right' : 'y',
    stroke: COLOURS[number % COLOURS.length],
    dash: number < COLOURS.length ? undefined : [6, 3],
    width: 1.5,
    spanGaps: true,
    points: { size: 4 },
    value: (chart, value, at, index) => show(index == null ? last(chart.data[at]) : value),
  };
}

function axesOf(lines) {
  const grid = { stroke: '#e9ebed' };
  const values = (chart, splits) => splits.map(show);
  const axes = [{ grid }, { scale: 'y', grid, size: 60, values }];
  if (lines.some((line) => line.right)) axes.push({ scale: 'right', side: 1, grid: { show: false }, size: 60, values });
  return axes;
}

function rangeOf(chart, low, high) {
  return [0, high > 0 ? high * 1.1 : 1];
}

function build(widget, times, begin) {
  const section = document.createElement('section');
  const title = document.createElement('h2');
  title.textContent = widget.title;
  section.append(title);
  section.style.gridColumn = `${widget.place[0] + 1} / span ${widget.place[2]}`;
  section.style.gridRow = `${widget.place[1] + 1} / span ${widget.place[3]}`;
  document.getElementById('widgets').append(section);
  if (!widget.lines.length) {
    const text = document.createElement('p');
    text.textContent = widget.text;
    section.append(text);
    return null;
  }
  const options = {
    width: section.clientWidth - 24,
    height: widget.place[3] * ROW_PX,
    series: [{}, ...widget.lines.map(seriesOf)],
    axes: axesOf(widget.lines),
    scales: { y: { range: rangeOf }, right: { range: rangeOf } },
    legend: { live: true },
  };
  return { section, chart: new uPlot(options, dataOf(widget, times, begin), section) };
}

// From the first period in which anything was measured on: a stack that is a minute old fills its charts.
function beginOf(widgets) {
  const begins = widgets.flatMap((widget) => widget.lines.map((line) => line.values.findIndex((value) => value != null)));
  return Math.min(...begins.filter((begin) => begin >= 0), Infinity);
}

function dataOf(widget, times, begin) {
  const from = Math.min(begin, times.length - 2);
  return [times.slice(from), ...widget.lines.map((line) => line.values.slice(from))];
}

async function refresh() {
  const state = document.getElementById('state');
  try {
    const data = await (await fetch('/_dashboard/data.json')).json();
    const begin = beginOf(data.widgets);
    data.widgets.forEach((widget, number) => {
      if (charts.length <= number) charts.push(build(widget, data.times, begin));
      else if (charts[number]) charts[number].chart.setData(dataOf(widget, data.times, begin));
    });
    state.textContent = `the last ${(data.times.length * data.period) / 60} minutes, in periods of ${data.period} s; read at ${new Date().toLocaleTimeString('en')}`;
  } catch (error) {
    state.textContent = `No values since then: ${error.message}`;
  }
}

window.addEventListener('resize', () => {
  for (const entry of charts) {
    if (entry) entry.chart.setSize({ width: entry.section.clientWidth - 24, height: entry.chart.height });
  }
});
refresh();
setInterval(refresh, REFRESH_MS);
