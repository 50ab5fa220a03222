import { count, duration } from './format.js';
import { element, due, lines, seldom, time } from './lines.js';

const form = document.querySelector('#register');
const url = document.querySelector('#hook-url');
const type = document.querySelector('#hook-type');
const problem = document.querySelector('#hook-problem');
const secret = document.querySelector('#hook-secret');
const list = document.querySelector('#endpoints');
const received = document.querySelector('#received');
let names = new Map(); // endpoint -> how it is called
let own = '';

/** How an endpoint is called where there is little room. */
const short = target => (own && target.startsWith(own) ? target.slice(new URL(own).origin.length) : target.replace(/^https:\/\//, ''));

const deliveries = lines(document.querySelector('#deliveries'), document.querySelector('#deliveries-empty'), d => `${d.endpoint} ${d.event}`, (li, d) => {
	const what = element('span', '', { className: 'what' });
	what.append(element('b', d.type), element('code', d.event.replace('msg_', '').slice(0, 8), { title: d.event }));
	li.dataset.state = d.outcome;
	li.replaceChildren(time(d.at), what, element('span', `attempt ${d.attempt}`, { className: 'note' }),
		element('em', d.status || d.failed || '–', { className: 'state' }));
	const small = element('small', `${names.get(d.endpoint) ?? d.endpoint} · ${duration(d.took_ms)}`);
	if (d.next) small.append(' · ', due(d.next));
	if (d.outcome === 'dead') small.append(' · given up');
	li.append(small);
});

function faring({ endpoint, queued, delivered, dead, held_until: held }) {
	if (!endpoint.enabled) return `disabled: ${endpoint.disabled}`;
	const parts = [`${count(delivered)} delivered`];
	if (queued) parts.push(`${count(queued)} waiting`);
	if (dead) parts.push(`${count(dead)} given up`);
	if (queued && Date.parse(held) > Date.now()) parts.push('rests');
	return parts.join(' · ');
}

function show(found) {
	names = new Map(found.map(d => [d.endpoint.id, short(d.endpoint.url)]));
	list.replaceChildren(...found.map(description => {
		const { endpoint, failures } = description;
		const li = document.createElement('li');
		li.dataset.state = !endpoint.enabled ? 'dead' : failures ? 'failed' : 'delivered';
		const what = element('span', '', { className: 'what' });
		what.append(element('b', short(endpoint.url), { title: endpoint.url }), element('code', (endpoint.types ?? ['all events']).join(', ')));
		const button = element('button', 'Remove', { type: 'button', className: 'quiet small' });
		button.setAttribute('aria-label', `Remove ${endpoint.url}`);
		button.addEventListener('click', async () => {
			button.disabled = true;
			const gone = await fetch(`/hooks/endpoints/${encodeURIComponent(endpoint.id)}`, { method: 'DELETE' }).catch(() => null);
			if (gone?.ok) deliveries.drop(d => d.endpoint === endpoint.id);
			endpoints();
		});
		li.append(what, button, element('small', faring(description)));
		return li;
	}));
}

async function endpoints() {
	const answer = await fetch('/hooks/endpoints', { cache: 'no-store' }).then(r => (r.ok ? r.json() : null)).catch(() => null);
	if (answer) show(answer.endpoints);
	else soon(); // the group is not there yet, or moves
}

/** Reads endpoints and deliveries. */
export async function hooks() {
	const report = await fetch('/hooks', { cache: 'no-store' }).then(r => (r.ok ? r.json() : null)).catch(() => null);
	if (report) {
		own = report.receiver ?? '';
		const { events, repeats, refused } = report.received;
		received.textContent = [`${count(events)} received, each once`, ...(repeats ? [`${count(repeats)} repeated`] : []), ...(refused ? [`${count(refused)} refused`] : [])].join(' · ');
	}
	await endpoints();
	if (report) deliveries.all(report.deliveries);
}

const soon = seldom(hooks);

/** There was an attempt to deliver. */
export function delivered(delivery) {
	deliveries.take(delivery);
	soon();
}

/** Something has become of an endpoint. */
export const changed = () => soon();

function refuse(text) {
	problem.textContent = text;
	problem.hidden = false;
	url.setAttribute('aria-invalid', 'true');
}

form.addEventListener('submit', async event => {
	event.preventDefault();
	problem.hidden = secret.hidden = true;
	url.removeAttribute('aria-invalid');
	const button = form.querySelector('button');
	button.disabled = true;
	const response = await fetch('/hooks/endpoints', {
		method: 'POST', headers: { 'Content-Type': 'application/json' },
		body: JSON.stringify({ url: url.value.trim(), types: type.value ? [type.value] : [] }),
	}).catch(() => null);
	const answer = await response?.json().catch(() => null);
	button.disabled = false;
	if (!response?.ok) return refuse(answer?.detail ?? 'The shop does not answer. Try again in a moment.');
	if (!own || !answer.endpoint.url.startsWith(own)) {
		secret.replaceChildren('Its signing secret, which is shown this once: ', element('code', answer.secret));
		secret.hidden = false;
	}
	endpoints();
});
