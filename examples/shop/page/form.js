import { euros } from './format.js';
import { now } from './clock.js';

const form = document.querySelector('#form');
const customer = document.querySelector('#customer');
const email = document.querySelector('#email');
const problem = document.querySelector('#problem');
const products = [...form.querySelectorAll('.products li')].map(row => ({
	row, sku: row.dataset.sku, price: Number(row.dataset.price), input: row.querySelector('input'),
}));

const people = ['Ada Lovelace', 'Grace Hopper', 'Katherine Johnson', 'Edsger Dijkstra', 'Barbara Liskov', 'Leslie Lamport',
	'Margaret Hamilton', 'Tony Hoare', 'Radia Perlman', 'Alan Kay', 'Frances Allen', 'Jim Gray'];
const domains = ['example.com', 'example.com', 'example.com', 'example.com', 'flaky.example'];
const pick = list => list[Math.floor(Math.random() * list.length)];

/** Ids that sort by time and read well on a narrow screen. */
const newId = () => `${Date.now().toString(36)}-${crypto.getRandomValues(new Uint32Array(1))[0].toString(36).padStart(7, '0')}`;

const quantity = p => Math.max(0, Math.trunc(Number(p.input.value) || 0));

function total() {
	const cents = products.reduce((sum, p) => sum + quantity(p) * p.price, 0);
	document.querySelector('#total').textContent = euros(cents);
	for (const p of products) p.row.toggleAttribute('data-chosen', quantity(p) > 0);
}

const element = (name, textContent) => Object.assign(document.createElement(name), { textContent });

function refuse(title, details = []) {
	const list = document.createElement('ul');
	list.append(...details.map(text => element('li', text)));
	problem.replaceChildren(element('b', title), ...(details.length ? [list] : []));
	problem.hidden = false;
}

/** Places one order. The same order is sent again when the answer is lost: its id makes that harmless. */
async function place(order, tell) {
	const trip = { id: order.id, clickedAt: now() };
	for (let attempt = 1; ; attempt++) {
		try {
			const response = await fetch('/orders', {
				method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(order),
			});
			const body = await response.json();
			if (response.status >= 500 && attempt < 4) throw new Error(body.detail);
			if (!response.ok) return { problem: body };
			const spent = /tx;dur=([\d.]+)/.exec(response.headers.get('Server-Timing') ?? '');
			tell({ ...trip, state: body, spent: spent ? Number(spent[1]) : null });
			return {};
		} catch {
			if (attempt === 4) return { problem: { title: 'The shop does not answer', detail: 'The order was not confirmed. Try again in a moment.' } };
			await new Promise(resolve => setTimeout(resolve, 300 * 2 ** attempt));
		}
	}
}

function show(result) {
	if (!result.problem) return;
	const { title, detail, errors = [] } = result.problem;
	refuse(errors.length ? title : `${title}. ${detail ?? ''}`, errors.map(e => `${e.pointer.slice(2)}: ${e.detail}`));
}

/** Makes the form work; placed is told every order that the server took. */
export function orders(placed) {
	for (const p of products) {
		p.row.querySelector('.price').textContent = euros(p.price);
		p.input.addEventListener('input', total);
		for (const button of p.row.querySelectorAll('button')) {
			button.addEventListener('click', () => {
				p.input.value = Math.min(1000, Math.max(0, quantity(p) + Number(button.dataset.step)));
				total();
			});
		}
	}
	total();

	const buttons = [...form.querySelectorAll('.actions button')];
	const busy = async work => {
		if (form.getAttribute('aria-busy') === 'true') return;
		form.setAttribute('aria-busy', 'true');
		buttons.forEach(b => b.setAttribute('aria-disabled', 'true'));
		problem.hidden = true;
		customer.removeAttribute('aria-invalid');
		await work();
		buttons.forEach(b => b.removeAttribute('aria-disabled'));
		form.setAttribute('aria-busy', 'false');
	};

	form.addEventListener('submit', event => {
		event.preventDefault();
		busy(async () => {
			const items = products.filter(p => quantity(p) > 0)
				.map(p => ({ sku: p.sku, quantity: quantity(p), price_cents: p.price }));
			if (!customer.value.trim()) {
				refuse('Say who the customer is.');
				customer.setAttribute('aria-invalid', 'true');
				customer.focus();
			} else if (!items.length) {
				refuse('Choose at least one item.');
				products[0].input.focus();
			} else {
				const address = email.value.trim();
				show(await place({ id: newId(), customer: customer.value.trim(), ...(address && { email: address }), items }, placed));
			}
		});
	});

	document.querySelector('#burst').addEventListener('click', () => busy(async () => {
		const waiting = Array.from({ length: 20 }, () => {
			const chosen = products.filter(() => Math.random() < 0.4);
			const person = pick(people);
			return {
				id: newId(), customer: person, email: `${person.split(' ')[0].toLowerCase()}@${pick(domains)}`,
				items: (chosen.length ? chosen : [pick(products)])
					.map(p => ({ sku: p.sku, quantity: 1 + Math.floor(Math.random() * 3), price_cents: p.price })),
			};
		});
		const lane = async () => {
			while (waiting.length) show(await place(waiting.shift(), placed));
		};
		await Promise.all([lane(), lane(), lane(), lane()]);
	}));
}
