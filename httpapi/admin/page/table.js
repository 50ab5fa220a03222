import { el } from './dom.js';
import { right, show } from './format.js';
import { link } from './route.js';

/** The rows of a section as a table. Rows that are as they were stay the same elements, so that focus and selection stay too. */
export class Table {
	constructor(about, { selects, onsort, onselect }) {
		this.about = about;
		this.selects = selects;
		this.onselect = onselect;
		this.chosen = new Set();
		this.rows = new Map();
		this.heads = about.columns.map(column => el('th', { scope: 'col', className: this.kind(column) },
			el('button', { type: 'button', className: 'sort', onclick: () => onsort(column) }, el('span', {}, column.title), el('i', { aria: { hidden: 'true' } }))));
		this.all = el('input', { type: 'checkbox', aria: { label: 'Select all rows of this page' }, onchange: () => this.choose(this.all.checked) });
		this.body = el('tbody', { onkeydown: event => this.move(event), onclick: event => this.click(event) });
		this.element = el('div', { className: 'scroll', tabIndex: 0, role: 'region', aria: { label: `${about.title}, table` } },
			el('table', {}, el('caption', { className: 'hide' }, about.title),
				el('thead', {}, el('tr', {}, selects && el('th', { className: 'check' }, this.all), ...this.heads)), this.body));
	}

	kind(column) { return [right(column.kind) ? 'n' : '', column.minor ? 'minor' : '', `k-${column.kind}`].join(' ').trim(); }

	/** Shows a page of rows. */
	update(listing, route) {
		const order = route.query.get('sort') ?? this.about.order;
		this.about.columns.forEach((column, i) => {
			const sorted = order.replace(/^-/, '') === column.name;
			this.heads[i].ariaSort = !sorted ? null : order.startsWith('-') ? 'descending' : 'ascending';
		});
		const focused = document.activeElement?.closest?.('tr[data-id]')?.dataset.id;
		const before = this.rows;
		this.rows = new Map();
		const rows = listing.rows.map(row => {
			const text = JSON.stringify(row);
			const known = before.get(row.id);
			const made = known?.text === text ? known : { text, version: row.version, element: this.row(row, known !== undefined) };
			this.rows.set(row.id, made);
			const to = made.element.querySelector('a');
			to.hash = link({ section: this.about.name, id: row.id, query: route.query });
			made.element.toggleAttribute('data-current', row.id === route.id);
			if (row.id === route.id) to.setAttribute('aria-current', 'true');
			else to.removeAttribute('aria-current');
			return made.element;
		});
		if (rows.length !== this.body.children.length || rows.some((row, i) => row !== this.body.children[i])) this.body.replaceChildren(...rows);
		if (focused !== undefined && !this.body.contains(document.activeElement) && document.activeElement === document.body) {
			this.rows.get(focused)?.element.querySelector('a').focus({ preventScroll: true });
		}
		for (const id of this.chosen) if (!this.rows.has(id)) this.chosen.delete(id);
		this.count();
	}

	row(row, changed) {
		const cells = row.cells.map((cell, i) => {
			const column = this.about.columns[i];
			const content = show(cell, column.kind);
			return i === 0
				? el('th', { scope: 'row', className: this.kind(column) }, el('a', { href: '#' }, content))
				: el('td', { className: this.kind(column) }, content);
		});
		const check = this.selects && el('td', { className: 'check' }, el('input', {
			type: 'checkbox', checked: this.chosen.has(row.id), aria: { label: `Select ${row.id}` },
			onchange: event => { this.chosen[event.target.checked ? 'add' : 'delete'](row.id); this.count(); },
		}));
		return el('tr', { data: { id: row.id, ...(changed && { changed: '' }) } }, check, ...cells);
	}

	/** The rows that are selected, as they are shown. */
	selected() { return [...this.chosen].map(id => ({ id, version: this.rows.get(id).version })); }

	choose(yes) {
		for (const [id, { element }] of this.rows) {
			element.querySelector('.check input').checked = yes;
			this.chosen[yes ? 'add' : 'delete'](id);
		}
		this.count();
	}

	count() {
		this.all.checked = this.chosen.size > 0 && this.chosen.size === this.rows.size;
		this.all.indeterminate = this.chosen.size > 0 && !this.all.checked;
		this.onselect([...this.chosen]);
	}

	/** A click beside links opens the row, unless text is being selected. */
	click(event) {
		if (event.target.closest('a, input, button, .check') || !getSelection().isCollapsed) return;
		event.target.closest('tr')?.querySelector('a').click();
	}

	/** Arrow keys go from row to row. */
	move(event) {
		const step = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1 }[event.key];
		if (!step || event.ctrlKey || event.metaKey || event.altKey || event.target.type === 'checkbox') return;
		const rows = [...this.body.children];
		const next = rows[rows.indexOf(event.target.closest('tr')) + step];
		if (!next) return;
		event.preventDefault();
		next.querySelector('a').focus();
	}
}
