import * as api from './api.js';
import { confirm } from './act.js';
import { el, one } from './dom.js';
import { count, plain, right, show, tick } from './format.js';
import { draw } from './graph.js';
import { go, link, read } from './route.js';

const aside = () => one('#aside');
let shown = null; // {section, id, text}
let asking = null;

/** The table of a list within the details. */
function table({ title, columns, rows, more }) {
	if (!rows.length) return el('section', {}, el('h3', {}, title), el('p', { className: 'none' }, 'Nothing.'));
	const kind = column => `${right(column.kind) ? 'n' : ''} k-${column.kind}`;
	return el('section', {}, el('h3', {}, title, el('span', { className: 'rows' }, count(rows.length + (more ?? 0)))),
		el('div', { className: 'scroll', tabIndex: 0, role: 'region', aria: { label: title } }, el('table', {}, el('caption', { className: 'hide' }, title),
			el('thead', {}, el('tr', {}, ...columns.map(column => el('th', { scope: 'col', className: kind(column) }, column.title)))),
			el('tbody', {}, ...rows.map(row => el('tr', {}, ...row.map((cell, i) => el('td', { className: kind(columns[i]) }, show(cell, columns[i].kind)))))))),
		more && el('p', { className: 'none' }, `… and ${count(more)} more`));
}

function facts(about, row) {
	const own = about.columns.slice(1).map((column, i) => ({ title: column.title, kind: column.kind, value: row.cells[i + 1] }));
	const tenant = row.tenant ? [{ title: 'Tenant', kind: 'code', value: row.tenant }] : [];
	const all = [...own, ...(own.some(f => f.title === 'Tenant') ? [] : tenant), ...(row.facts ?? [])];
	return el('dl', { className: 'facts' }, ...all.map(fact => el('div', { className: plain(fact.value, fact.kind).length > 40 ? 'wide' : '' }, el('dt', {}, fact.title), el('dd', {}, show(fact.value, fact.kind)))));
}

function note({ title, text }) {
	return el('section', {}, el('h3', {}, title), el('pre', { tabIndex: 0, role: 'region', aria: { label: title } }, el('code', {}, text)));
}

function actions(about, row, reload) {
	const allowed = about.actions.filter(action => action.allowed);
	if (!allowed.length) return null;
	const why = allowed.filter(action => !row.can.includes(action.name)).map(action => `${action.title}: ${row.cannot[action.name]}`);
	return el('div', { className: 'acts' }, ...allowed.map(action => el('button', {
		type: 'button', className: action.danger ? 'danger' : 'primary', disabled: !row.can.includes(action.name), data: { action: action.name },
		onclick: () => confirm(about, action, [row], reload),
	}, action.title)), why.length > 0 && el('p', { className: 'none' }, why.join(' · ')));
}

function build(about, row, reload) {
	const close = el('button', { type: 'button', className: 'quiet small', id: 'close', onclick: leave }, 'Close', el('kbd', { aria: { hidden: 'true' } }, 'Esc'));
	return [
		el('div', { className: 'head' }, el('p', {}, about.title), close),
		el('h2', { id: 'aside-title', tabIndex: -1 }, plain(row.cells[0], about.columns[0].kind)),
		actions(about, row, reload), facts(about, row),
		row.graph && el('figure', { className: 'graph' }, el('figcaption', {}, row.graph.title),
			el('div', { className: 'scroll', tabIndex: 0, role: 'region', aria: { label: row.graph.title } }, draw(row.graph))),
		...(row.tables ?? []).map(table), ...(row.notes ?? []).map(note),
	].filter(Boolean);
}

/** Shows a row beside its table; what is new of it is filled in where it is shown already. */
export async function open(about, id, reload) {
	const same = shown?.section === about.name && shown.id === id;
	if (!same) {
		shown = { section: about.name, id, text: '' };
		aside().hidden = false;
		aside().replaceChildren(el('h2', { id: 'aside-title', tabIndex: -1 }, 'Loading…'));
	}
	asking?.abort();
	asking = new AbortController();
	const { signal } = asking;
	try {
		const row = await api.row(about.name, id, signal);
		if (!signal.aborted) fill(about, row, reload);
	} catch (error) {
		if (signal.aborted) return; // something else is shown by now
		shown.text = '';
		aside().replaceChildren(el('div', { className: 'head' }, el('p', {}, about.title), el('button', { type: 'button', className: 'quiet small', id: 'close', onclick: leave }, 'Close')),
			el('h2', { id: 'aside-title', tabIndex: -1 }, id), el('p', { className: 'warning', role: 'alert' }, error.message));
	}
	if (!same && !signal.aborted) one('#aside-title').focus({ preventScroll: matchMedia('(min-width: 1100px)').matches });
}

function fill(about, row, reload) {
	const text = JSON.stringify({ ...row, read: '' });
	if (text === shown?.text) return tick(aside());
	shown.text = text;
	const { scrollTop } = aside();
	const focused = aside().contains(document.activeElement) ? document.activeElement : null;
	const again = focused?.id ? `#${focused.id}` : focused?.dataset.action ? `[data-action=${focused.dataset.action}]` : null;
	aside().replaceChildren(...build(about, row, reload));
	aside().scrollTop = scrollTop;
	if (focused) (again && one(`#aside ${again}:not(:disabled)`) || one('#aside-title')).focus({ preventScroll: true });
}

/** Hides the details, and gives the focus back to the row. */
export function hide() {
	if (!shown) return;
	const inside = aside().contains(document.activeElement) || document.activeElement === document.body;
	const row = [...document.querySelectorAll('#main tr[data-id]')].find(tr => tr.dataset.id === shown.id);
	asking?.abort();
	shown = null;
	aside().hidden = true;
	aside().replaceChildren();
	if (inside) (row?.querySelector('a') ?? one('#title'))?.focus({ preventScroll: true });
}

/** Leaves the details by the address. */
export function leave() {
	const route = read();
	go({ section: route.section, query: route.query });
}

export const href = (section, id) => link({ section, id });
