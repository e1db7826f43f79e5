/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers with their units, text from packets made harmless, and elements made without markup. */
'use strict';

const THIN = '\u202f'; /* narrow no-break space: groups of thousands, between number and unit */
const MINUS = '\u2212';
const NS = 1e9;

/* Children that are strings become text: nothing of the data is ever parsed as markup. */
function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === true) made.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.flat(3).filter((child) => child !== null && child !== undefined));
  return made;
}

function byId(id) {
  return document.getElementById(id);
}

function fillWith(target, ...children) {
  target.replaceChildren(...children.flat(3).filter((child) => child !== null));
}

/* What would be invisible, or turn the direction of the text around it, is spelled out. */
function visible(text) {
  return String(text).replace(
    /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g,
    (c) => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'));
}

/* Whole numbers beyond 2^53 come as text; NaN and nonsense count as 0. */
function big(value) {
  return /^-?\d+$/.test(String(value)) ? BigInt(value) : 0n;
}

function number(value) {
  const converted = Number(value);
  return Number.isFinite(converted) ? converted : 0;
}

function grouped(digits) {
  return digits.replace(/\B(?=(\d{3})+(?!\d))/g, THIN);
}

function count(value) {
  const digits = grouped(String(big(typeof value === 'number' ? Math.round(value) : value)));
  return digits.replace('-', MINUS);
}

function fixed(value, decimals) {
  const [whole, part] = value.toFixed(decimals).split('.');
  return grouped(whole).replace('-', MINUS) + (part ? '.' + part : '');
}

/* With the prefix that suits `like`, the value itself when nothing else is given. */
function scaled(value, unit, like) {
  const prefixes = ['', 'k', 'M', 'G', 'T', 'P'];
  let step = 0, size = Math.abs(like === undefined ? value : like);
  for (; step < prefixes.length - 1 && size >= 999.95; size /= 1000) step++;
  const shown = value / 1000 ** step;
  const decimals = like !== undefined && size < 1.5 ? 2 : step === 0 && Number.isInteger(shown) ? 0 : 1;
  return fixed(shown, decimals) + THIN + prefixes[step] + unit;
}

function bytes(value, like) {
  return scaled(number(value), 'B', like);
}

function rate(bitsPerSecond, like) {
  return scaled(bitsPerSecond, 'bit/s', like);
}

function duration(ns) {
  const size = Math.abs(ns);
  if (ns === 0) return '0' + THIN + 's';
  if (size < 999.5e3) return fixed(ns / 1e3, 1) + THIN + 'µs';
  if (size < 999.5e6) return fixed(ns / 1e6, 1) + THIN + 'ms';
  if (size < 600 * NS) return fixed(ns / NS, size < 10 * NS ? 3 : 1) + THIN + 's';
  if (size < 36000 * NS) return fixed(ns / NS / 60, 1) + THIN + 'min';
  if (size < 72 * 3600 * NS) return fixed(ns / NS / 3600, 1) + THIN + 'h';
  return fixed(ns / NS / 86400, 1) + THIN + 'd';
}

/* A width that someone chose: 100 ms, 0.5 s, without digits that say nothing. */
function interval(ns) {
  return duration(ns).replace(/\.?0+(?=\u202f)/, '');
}

function share(part, whole) {
  if (!whole) return '\u2013';
  if (!part || part === whole) return (part ? '100' : '0') + THIN + '%';
  const percent = 100 * part / whole;
  if (part > 0 && percent < 0.1) return '<' + THIN + '0.1' + THIN + '%';
  if (part < whole && percent > 99.9) return '>' + THIN + '99.9' + THIN + '%';
  return fixed(percent, 1) + THIN + '%';
}

function utc(ns) {
  const ms = Number(big(ns) / 1000000n);
  if (!(Math.abs(ms) < 8.64e15)) return String(ns) + THIN + 'ns';
  return new Date(ms).toISOString().replace('T', ' ').replace('Z', THIN + 'UTC');
}

function utcExact(ns) {
  return utc(ns).replace(/\.\d+/, '.' + grouped(String(big(ns) % 1000000000n).padStart(9, '0')));
}

function plural(value, one, many) {
  return count(value) + THIN + (big(value) === 1n ? one : many || one + 's');
}

function endpoint(address, port) {
  if (port === '' || port === undefined) return visible(address);
  return (String(address).includes(':') ? '[' + visible(address) + ']' : visible(address)) +
    ':' + visible(port);
}

/* JSON whose integers beyond 2^53 are kept as text instead of being rounded. */
function data(id) {
  const text = byId(id).textContent.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g,
    (found) => /^-?\d{16,}$/.test(found) ? '"' + found + '"' : found);
  return JSON.parse(text);
}
