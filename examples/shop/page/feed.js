import { at, duration, euros, precise } from './format.js';
import { measure, show, times, whole } from './journey.js';

const most = 60;
const list = document.querySelector('#events');
const empty = document.querySelector('#events-empty');
const template = document.querySelector('#event-row');
const pause = document.querySelector('#pause');
const held = document.querySelector('#held');
const announce = document.querySelector('#announce');
const element = (name, textContent) => Object.assign(document.createElement(name), { textContent });

const rows = new Map(); // order id -> row
const mine = new Map(); // order id -> what this page knows of an order that it placed
const stages = new Map(); // order id -> its state and version in its machine, perhaps before it has a row
const seen = new Map(); // event id -> event: one may be sent twice
let waiting = [];
let paused = false;
let news = 0;

function note(title, detail) {
	empty.replaceChildren(element('b', title), document.createElement('br'), detail);
	empty.hidden = list.children.length > 0;
}

function row(order) {
	let li = rows.get(order.id);
	if (li) return li;
	li = template.content.firstElementChild.cloneNode(true);
	li.dataset.order = order.id;
	li.querySelector('b').textContent = order.customer;
	li.querySelector('code').textContent = order.id;
	li.querySelector('.sum').textContent = euros(order.total_cents);
	li.querySelector('time').textContent = at(precise(order.placed_at));
	li.querySelector('time').dateTime = order.placed_at;
	li.querySelector('pre code').textContent = JSON.stringify(order, null, 2);
	li.querySelector('.inside button').hidden = true;
	rows.set(order.id, li);
	stage(order.id, stages.get(order.id));
	return li;
}

function put(li) {
	list.prepend(li);
	empty.hidden = true;
	while (list.children.length > most) {
		rows.delete(list.lastElementChild.dataset.order);
		list.lastElementChild.remove();
	}
}

function facts(li, pairs) {
	li.querySelector('dl').replaceChildren(...pairs.map(([name, value]) => {
		const pair = document.createElement('div');
		pair.append(element('dt', name), element('dd', value));
		return pair;
	}));
}

/** An order that was there before, or that has been placed and not handled yet. */
function known(order) {
	const li = row(order);
	const accepted = order.status === 'accepted';
	li.dataset.state = accepted ? 'earlier' : 'waiting';
	li.querySelector('.at').textContent = accepted ? 'earlier' : 'on its way';
	li.querySelector('.took').textContent = accepted ? '–' : '…';
	facts(li, [['Status', order.status], ...(order.accepted_at ? [['Accepted', at(precise(order.accepted_at))]] : [])]);
	if (!li.isConnected) put(li);
}

function render(entry) {
	const { view: { order, event }, passed, late } = entry;
	const li = row(order);
	li.dataset.state = late ? 'late' : 'live';
	li.querySelector('.at').textContent = `${event.partition} @ ${event.offset}`;
	li.querySelector('.at').title = `${event.topic}, partition ${event.partition}, offset ${event.offset}`;
	li.querySelector('.took').textContent = late ? 'caught up' : duration(whole(passed));
	facts(li, [['Type', event.type], ['Key', event.key], ['Topic', event.topic], ['Partition @ offset', `${event.partition} @ ${event.offset}`],
		['Event id', event.id], ['Received', `${at(passed.at(-1))}, ${duration(whole(passed))} after ${passed[1] == null ? 'the request' : 'the click'}`]]);
	const button = li.querySelector('.inside button');
	button.hidden = false;
	button.onclick = () => show(entry);
	if (!li.isConnected) put(li);
}

setInterval(() => {
	if (news === 0) return;
	announce.textContent = news === 1 ? 'One order arrived.' : `${news} orders arrived.`;
	news = 0;
}, 2000);

/** Says where an order is in its machine, unless a later version is shown already. */
export function stage(order, { state, version } = {}) {
	if (!state || stages.get(order)?.version > version) return;
	stages.set(order, { state, version });
	const li = rows.get(order);
	if (!li) return;
	li.querySelector('em').textContent = state;
	li.dataset.stage = state;
}

/** Shows the orders that are there already. */
export async function earlier() {
	try {
		const response = await fetch('/orders?limit=20', { cache: 'no-store' });
		if (!response.ok) throw new Error(response.status);
		const { orders } = await response.json();
		for (const order of orders.toReversed()) {
			if ((rows.get(order.id)?.dataset.state ?? 'waiting') === 'waiting') known(order);
		}
		if (orders.length && !last) document.dispatchEvent(new CustomEvent('order', { detail: orders[0] }));
		note('No orders yet', 'Place one, and its event appears here.');
	} catch {
		note('The orders could not be read', 'New events still appear here. Reload the page to try again.');
	}
	list.setAttribute('aria-busy', 'false');
}

/** An order that this page placed. Its event may have been quicker than the answer. */
export function placed(trip) {
	mine.set(trip.id, trip);
	const entry = seen.get(trip.id);
	if (!entry) return known(trip.state);
	entry.passed = times(entry.view, entry.passed.at(-1), trip);
	if (!paused) render(entry);
	if (entry === last) show(entry);
}

let last = null;

/** An event from the stream; late says that it was sent while this page was not connected. */
export function arrived(view, receivedAt, late) {
	if (seen.has(view.event.id)) return;
	const entry = { view, passed: times(view, receivedAt, mine.get(view.order.id)), late };
	seen.set(view.event.id, entry).set(view.order.id, entry);
	news++;
	if (!late) measure(entry.passed);
	if (paused) {
		waiting.push(entry);
		held.textContent = `${waiting.length} held`;
		held.hidden = false;
		return;
	}
	render(entry);
	if (!late) show(last = entry);
}

pause.addEventListener('click', () => {
	paused = !paused;
	pause.setAttribute('aria-pressed', paused);
	if (paused) return;
	waiting.forEach(render);
	if (waiting.length) show(last = waiting.at(-1));
	waiting = [];
	held.hidden = true;
});
