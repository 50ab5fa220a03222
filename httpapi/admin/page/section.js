import * as api from './api.js';
import { confirm } from './act.js';
import { announce, el, one } from './dom.js';
import { count, tick } from './format.js';
import { go, read } from './route.js';
import { Table } from './table.js';
import { Tools } from './tools.js';

const limit = 50;

/** A section's page: its tools, its table, and the pages of it. */
export class Section {
	constructor(about, route, onlost) {
		this.about = about;
		this.onlost = onlost;
		this.before = []; // cursors of the pages before this one
		this.tools = new Tools(about, route, how => this.change(how));
		const allowed = about.actions.filter(action => action.allowed);
		this.table = new Table(about, { selects: allowed.length > 0, onsort: column => this.sort(column), onselect: ids => this.select(ids) });
		this.chosen = el('div', { className: 'chosen', hidden: true, role: 'group', aria: { label: 'Selected rows' } }, el('span'), ...allowed.map(action =>
			el('button', { type: 'button', className: action.danger ? 'danger small' : 'quiet small', onclick: () => confirm(about, action, this.table.selected(), () => this.load()) }, action.title)));
		this.warning = el('p', { className: 'warning', role: 'alert', hidden: true });
		this.empty = el('p', { className: 'empty', hidden: true });
		this.previous = el('button', { type: 'button', className: 'quiet small', onclick: () => this.turn(-1) }, 'Previous');
		this.next = el('button', { type: 'button', className: 'quiet small', onclick: () => this.turn(1) }, 'Next');
		this.pages = el('nav', { className: 'pages', hidden: true, aria: { label: 'Pages' } }, this.previous, this.next);
		this.element = el('section', { className: 'page', aria: { labelledby: 'title' } },
			el('div', { className: 'heading' }, el('h1', { id: 'title', tabIndex: -1 }, about.title), el('p', {}, about.about ?? '')),
			this.tools.element, this.warning, this.chosen, this.table.element, this.empty, this.pages);
	}

	/** Reads the rows that the address asks for, and shows them. */
	async load() {
		const route = read();
		const query = new URLSearchParams(route.query);
		query.set('limit', limit);
		this.asking?.abort();
		this.asking = new AbortController();
		try {
			const listing = await api.list(this.about.name, query, this.asking.signal);
			this.show(listing, route);
		} catch (error) {
			if (error.name === 'AbortError') return;
			if (error.status === 401) return this.onlost();
			this.warn(error.message);
		}
	}

	show(listing, route) {
		this.listing = listing;
		this.tools.update(listing, route);
		this.table.update(listing, route);
		this.warn(listing.warning ?? '');
		const none = listing.rows.length === 0;
		this.table.element.hidden = none;
		this.empty.hidden = !none;
		this.empty.textContent = listing.total > 0 ? 'No row is as you look for.' : `There is nothing in ${this.about.title.toLowerCase()} now.`;
		this.pages.hidden = !listing.next && !route.query.has('cursor');
		this.previous.disabled = !route.query.has('cursor');
		this.next.disabled = !listing.next;
		tick(this.element);
	}

	warn(text) {
		this.warning.hidden = text === '';
		if (this.warning.textContent !== text) this.warning.textContent = text;
	}

	select(ids) {
		if (!this.chosen) return;
		this.chosen.hidden = ids.length === 0;
		this.chosen.firstElementChild.textContent = `${count(ids.length)} selected`;
	}

	change(how, options = { replace: true }) {
		const route = read();
		how(route.query);
		this.before = route.query.has('cursor') ? this.before : [];
		go({ ...route, section: this.about.name }, options);
	}

	sort(column) {
		this.change(query => {
			const order = query.get('sort') ?? this.about.order;
			const same = order.replace(/^-/, '') === column.name;
			const text = ['text', 'code', 'state'].includes(column.kind);
			const down = same ? !order.startsWith('-') : !text;
			query.set('sort', (down ? '-' : '') + column.name);
			query.delete('cursor');
			announce(`Sorted by ${column.title}, ${down ? 'descending' : 'ascending'}`);
		});
	}

	turn(step) {
		const now = read().query.get('cursor') ?? '';
		const to = step > 0 ? this.listing.next : this.before.pop() ?? '';
		if (step > 0) this.before.push(now);
		const before = this.before;
		this.change(query => (to ? query.set('cursor', to) : query.delete('cursor')), {});
		this.before = before;
		this.table.element.scrollTop = 0;
		one('#title').focus();
		announce(step > 0 ? 'Next page' : 'Previous page');
	}
}
