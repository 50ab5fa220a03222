import { draw } from './chart.js';
import { stage } from './feed.js';
import { at, precise } from './format.js';

const card = document.querySelector('#life');
const journal = document.querySelector('#journal');
const note = document.querySelector('#life-note');
const buttons = { approve: document.querySelector('#approve'), cancel: document.querySelector('#cancel') };
const element = (name, textContent) => Object.assign(document.createElement(name), { textContent });
const sayings = {
	completed: 'The checkout is completed.', compensated: 'The checkout was undone.', compensating: 'The checkout is being undone.',
	parked: 'The checkout waits for an operator.', abandoned: 'The checkout was abandoned.',
};

let mark = () => {};
let shown = null; // the order whose life is shown
let known = null; // its progress

function say(progress) {
	if (!progress.saga) return 'The checkout has not begun yet.';
	const saying = sayings[progress.saga] ?? 'The checkout is under way.';
	return progress.reason ? `${saying.slice(0, -1)}: ${progress.reason}.` : saying;
}

function render(progress) {
	known = progress;
	card.removeAttribute('data-empty');
	const ways = new Set();
	let from = '';
	for (const { text } of progress.journal.filter(e => e.source === 'order')) {
		ways.add(`${from} ${text}`);
		from = text.split(' → ')[1];
	}
	mark(progress.state, ways);
	journal.replaceChildren(...progress.journal.map(entry => {
		const li = document.createElement('li');
		li.dataset.outcome = entry.outcome;
		li.dataset.source = entry.source;
		const words = { done: '', undone: 'undone', failed: 'failed' };
		li.append(Object.assign(element('time', at(precise(entry.at))), { dateTime: entry.at }), element('b', entry.source),
			element('span', entry.text), element('em', words[entry.outcome]));
		return li;
	}));
	journal.parentElement.scrollTop = journal.scrollHeight;
	note.textContent = say(progress);
	const open = ['new', 'paid', 'packed'].includes(progress.state) && !['compensating', 'compensated', 'completed'].includes(progress.saga);
	buttons.cancel.disabled = !open;
	buttons.approve.disabled = !(open && progress.state === 'new' && progress.saga === 'waiting');
}

/** Shows progress, unless a later one is shown already. */
export function take(progress) {
	stage(progress.order, progress);
	if (progress.order !== shown || known?.version > progress.version || known?.journal.length > progress.journal.length) return;
	render(progress);
}

/** Reads the progress of the order that is shown: what the stream told before it was open, or has left out. */
export async function ask() {
	if (!shown) return;
	const response = await fetch(`/orders/${encodeURIComponent(shown)}/progress`, { cache: 'no-store' }).catch(() => null);
	if (response?.ok) take(await response.json());
}

/** Shows what becomes of an order. */
export async function live(order) {
	if (shown !== order.id) known = null;
	shown = order.id;
	document.querySelector('#life-subject').textContent = `${order.customer} · ${order.id}`;
	if (!known) await ask();
}

for (const [verb, button] of Object.entries(buttons)) {
	button.addEventListener('click', async () => {
		button.disabled = true;
		const response = await fetch(`/orders/${encodeURIComponent(shown)}/${verb}`, { method: 'POST' }).catch(() => null);
		if (response?.ok) return;
		const problem = await response?.json().catch(() => null);
		note.textContent = problem?.detail ?? 'The shop does not answer. Try again in a moment.';
	});
}

/** Draws the machine. */
export async function lives() {
	const chart = await fetch('/chart').then(r => r.json()).catch(() => null);
	if (chart) mark = draw(document.querySelector('#chart'), chart);
	if (known) render(known);
	else mark(undefined, new Set());
}
