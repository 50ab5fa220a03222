import { el } from './dom.js';

const numbers = new Intl.NumberFormat('en');
const absolute = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'long' });

/** A size with its unit. */
export function bytes(n) {
	const units = ['B', 'kB', 'MB', 'GB', 'TB'];
	let at = 0;
	for (; Math.abs(n) >= 1024 && at < units.length - 1; at++) n /= 1024;
	return `${n < 10 && at > 0 ? n.toFixed(1) : Math.round(n)} ${units[at]}`;
}

/** A duration of seconds in the largest unit that says enough. */
export function span(seconds) {
	const s = Math.abs(seconds);
	const sign = seconds < 0 ? '−' : '';
	if (s === 0) return '0 s';
	if (s < 1) return `${sign}${Math.max(1, Math.round(s * 1000))} ms`;
	if (s < 10) return `${sign}${s.toFixed(1)} s`;
	if (s < 100) return `${sign}${Math.round(s)} s`;
	if (s < 5400) return `${sign}${Math.round(s / 60)} min`;
	if (s < 172_800) return `${sign}${Math.round(s / 3600)} h`;
	return `${sign}${Math.round(s / 86_400)} days`;
}

/** How long ago a time was, or how soon it comes. */
export function ago(at) {
	const s = (Date.now() - at) / 1000;
	if (Math.abs(s) < 1.5) return 'now';
	const whole = span(Math.abs(s) < 100 ? Math.sign(s) * Math.max(1, Math.round(Math.abs(s))) : s).replace('.0 s', ' s').replace('−', '');
	return s < 0 ? `in ${whole}` : `${whole} ago`;
}

/** A time that says how long ago it was, and when. */
export function time(text) {
	const at = Date.parse(text);
	return el('time', { dateTime: text, title: absolute.format(at) }, ago(at));
}

/** Brings the times on the page up to date. */
export function tick(root = document) {
	for (const one of root.querySelectorAll('time[datetime]')) {
		const text = ago(Date.parse(one.dateTime));
		if (one.textContent !== text) one.textContent = text;
	}
}

/** The value and the tone of a cell. */
export function parts(cell) {
	return cell !== null && typeof cell === 'object' ? { value: cell.v, tone: cell.t } : { value: cell, tone: '' };
}

/** A cell as text, for titles. */
export function plain(cell, kind) {
	const { value } = parts(cell);
	if (value === null || value === undefined) return '–';
	switch (kind) {
	case 'number': return numbers.format(value);
	case 'bytes': return bytes(value);
	case 'span': return span(value);
	case 'time': return ago(Date.parse(value));
	default: return String(value);
	}
}

/** A cell as an element. */
export function show(cell, kind) {
	const { value, tone } = parts(cell);
	if (value === null || value === undefined) return el('span', { className: 'none' }, el('span', { aria: { hidden: 'true' } }, '–'), el('span', { className: 'hide' }, 'none'));
	switch (kind) {
	case 'state': return el('span', { className: 'state', data: { tone: tone ?? '' } }, value);
	case 'code': return el('code', { data: { tone: tone ?? '' } }, value);
	case 'time': {
		const made = time(value);
		made.dataset.tone = tone ?? '';
		return made;
	}
	case 'bytes': return el('span', { title: `${numbers.format(value)} bytes`, data: { tone: tone ?? '' } }, plain(cell, kind));
	default: return el('span', { data: { tone: tone ?? '' } }, plain(cell, kind));
	}
}

/** Whether values of a kind stand to the right. */
export const right = kind => kind === 'number' || kind === 'bytes' || kind === 'span';

export const count = n => numbers.format(n);
