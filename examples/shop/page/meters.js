import { bytes, count } from './format.js';

const every = 2000;
const samples = 60;
const topics = document.querySelector('#topics');
const lag = document.querySelector('#lag');
const state = document.querySelector('#meters-state');
const rows = new Map();
const svg = (name, attributes) => {
	const element = document.createElementNS('http://www.w3.org/2000/svg', name);
	for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
	return element;
};

/** Draws the last samples as a line over a filled area; the newest is at the right end. */
function draw(chart, values, what) {
	const top = Math.max(...values, 1);
	const x = i => (120 - (values.length - 1 - i) * (120 / (samples - 1))).toFixed(1);
	const points = values.map((v, i) => `${x(i)},${(22 - (v / top) * 20).toFixed(1)}`).join(' ');
	chart.setAttribute('aria-label', what);
	chart.replaceChildren(
		svg('path', { d: 'M0 22H120' }),
		svg('polygon', { points: `${x(0)},22 ${points} 120,22` }),
		svg('polyline', { points, 'vector-effect': 'non-scaling-stroke' }),
	);
}

function row(body, key, cells) {
	let found = rows.get(key);
	if (!found) {
		if (![...rows.values()].some(r => r.tr.parentNode === body)) body.replaceChildren();
		const tr = document.createElement('tr');
		const name = Object.assign(document.createElement('th'), { scope: 'row' });
		const numbers = cells.map(() => Object.assign(document.createElement('td'), { className: 'n' }));
		const chart = svg('svg', { viewBox: '0 0 120 24', preserveAspectRatio: 'none', class: 'spark', role: 'img' });
		const last = document.createElement('td');
		last.append(chart);
		tr.append(name, ...numbers, last);
		body.append(tr);
		rows.set(key, found = { tr, name, numbers, chart, values: [] });
	}
	cells.forEach((text, i) => { found.numbers[i].textContent = text; });
	return found;
}

function push(found, value, what) {
	found.values.push(value);
	if (found.values.length > samples) found.values.shift();
	draw(found.chart, found.values, what);
}

function showTopics(list) {
	if (!list.length && !rows.size) topics.querySelector('td').textContent = 'No topics yet. The first order makes one.';
	for (const topic of list) {
		const end = topic.partitions.reduce((sum, p) => sum + p.end, 0);
		const found = row(topics, `topic ${topic.name}`, [count(topic.partitions.length), count(topic.records)]);
		found.name.textContent = topic.name;
		const written = found.end == null ? 0 : Math.max(0, end - found.end);
		found.end = end;
		push(found, written, `${count(written)} records written in the last two seconds`);
	}
}

function showLag(answer) {
	const behind = `${count(answer.lag)} ${answer.lag === 1 ? 'record' : 'records'}`;
	const group = row(lag, 'group', [behind]);
	group.name.textContent = answer.group;
	push(group, answer.lag, `${behind} behind`);
	if (!answer.outbox) return;
	const outbox = row(lag, 'outbox', [answer.outbox.running ? bytes(answer.outbox.bytes) : 'not running']);
	outbox.name.textContent = 'outbox relay';
	push(outbox, answer.outbox.bytes, `${bytes(answer.outbox.bytes)} of log behind`);
}

async function read(path) {
	const response = await fetch(path, { cache: 'no-store' });
	if (!response.ok) throw new Error(path);
	return response.json();
}

/** Reads topics and lag every two seconds, while the page is seen. */
export async function meters() {
	for (;;) {
		if (!document.hidden) {
			const answers = await Promise.allSettled([read('/topics').then(a => showTopics(a.topics)), read('/lag').then(showLag)]);
			const stale = answers.some(a => a.status === 'rejected');
			state.textContent = stale ? 'No answer. These are the last numbers.' : 'Every 2 s';
			state.toggleAttribute('data-stale', stale);
		}
		await new Promise(resolve => setTimeout(resolve, every));
	}
}
