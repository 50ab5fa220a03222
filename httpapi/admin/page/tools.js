import { count, plain } from './format.js';
import { el, later } from './dom.js';

/** What stands above a table: search, filters, and how many rows are meant. */
export class Tools {
	constructor(about, route, onchange) {
		this.about = about;
		const typed = later(200, () => this.change(query => this.set(query, 'search', this.search.value.trim())));
		this.onchange = onchange;
		this.search = el('input', {
			type: 'search', id: 'search', placeholder: 'Search', value: route.query.get('search') ?? '', autocomplete: 'off', spellcheck: false, maxLength: 100,
			aria: { label: `Search in ${about.title}`, keyshortcuts: '/' }, oninput: typed,
		});
		this.filters = about.columns.filter(column => column.filter).map(column => {
			const select = el('select', { id: `filter-${column.name}`, onchange: () => this.change(query => this.set(query, `f.${column.name}`, select.value)) });
			return { column, select, label: el('label', { className: 'filter' }, el('span', {}, column.title), select), shown: '' };
		});
		this.clear = el('button', { type: 'button', className: 'quiet small', hidden: true, onclick: () => this.reset() }, 'Clear');
		this.total = el('p', { className: 'total', role: 'status' });
		this.element = el('div', { className: 'tools', role: 'search', aria: { label: about.title } },
			el('div', { className: 'find' }, this.search, el('kbd', { aria: { hidden: 'true' } }, '/')), ...this.filters.map(f => f.label), this.clear, this.total);
	}

	set(query, name, value) {
		if (value === '') query.delete(name);
		else query.set(name, value === '\u0000' ? '' : value);
	}

	change(how) {
		this.onchange(query => {
			how(query);
			query.delete('cursor');
		});
	}

	reset() {
		this.search.value = '';
		this.change(query => { for (const name of [...query.keys()]) if (name === 'search' || name.startsWith('f.')) query.delete(name); });
		this.search.focus();
	}

	update(listing, route) {
		const { query } = route;
		if (document.activeElement !== this.search) this.search.value = query.get('search') ?? '';
		for (const f of this.filters) {
			const chosen = query.get(`f.${f.column.name}`);
			const choices = listing.choices[f.column.name] ?? [];
			const missing = chosen !== null && !choices.some(c => c.value === chosen) ? [{ value: chosen, rows: 0 }] : [];
			const text = JSON.stringify([chosen, choices, missing]);
			if (f.shown === text || document.activeElement === f.select && f.open) continue;
			f.shown = text;
			f.select.replaceChildren(el('option', { value: '' }, 'All'), ...[...choices, ...missing].map(c =>
				el('option', { value: c.value || '\u0000', selected: c.value === chosen }, `${c.value || 'none'} (${count(c.rows)})`)));
			f.label.hidden = choices.length + missing.length < 2 && chosen === null;
			f.label.toggleAttribute('data-chosen', chosen !== null);
		}
		const filtered = [...query.keys()].some(name => name === 'search' || name.startsWith('f.'));
		this.clear.hidden = !filtered;
		const said = filtered ? `${plain(listing.matched, 'number')} of ${plain(listing.total, 'number')}` : plain(listing.total, 'number');
		if (this.total.textContent !== said) this.total.textContent = said;
		if (listing.cut) this.total.textContent = `${said}, and ${count(listing.cut)} more that are not looked at`;
	}
}
