import * as api from './api.js';
import { announce, el, one } from './dom.js';
import { count } from './format.js';

const dialog = () => one('#dialog');

/** Does an action with a row, and waits where the server says that too much was asked for. */
async function act(about, row, action, body, said) {
	for (;;) {
		try {
			return await api.act(about.name, row, action.name, body);
		} catch (error) {
			if (error.status !== 429 || !error.after || !dialog().open) throw error;
			said(`${error.message} It goes on by itself in ${count(error.after)} s.`);
			await new Promise(resolve => setTimeout(resolve, 1000 * error.after));
		}
	}
}

/** Does an action with rows, one after the other, and says what became of each. */
async function run(about, action, rows, reason, said) {
	const results = [];
	for (const [i, row] of rows.entries()) {
		const { id } = row;
		if (rows.length > 1) said(`${count(i + 1)} of ${count(rows.length)}…`);
		try {
			const answer = await act(about, row, action, reason ? { reason } : {}, said);
			results.push({ id, ok: true, text: answer.result + (answer.untold ? ' The audit does not have the outcome: tell who keeps it.' : '') });
		} catch (error) {
			results.push({ id, ok: false, text: error.message + (error.id ? ` (request ${error.id})` : '') });
			if (error.status === 401 || error.status === 403) break;
		}
	}
	return results;
}

function outcome(action, rows, results) {
	const failed = results.filter(result => !result.ok);
	const text = rows.length === 1
		? results[0].text
		: `${action.title}: ${count(results.length - failed.length)} of ${count(rows.length)} done${failed.length ? `, ${count(failed.length)} not` : ''}.`;
	return { text, failed };
}

/** Asks whether an action is meant, and does it with rows as they were seen: their ids and versions. */
export function confirm(about, action, rows, done) {
	const many = rows.length > 1;
	const reason = action.reason ? el('textarea', { id: 'reason', rows: 2, maxLength: 500, required: action.reason === 'required', aria: { describedby: 'dialog-said' } }) : null;
	const said = el('p', { className: 'said', id: 'dialog-said', role: 'alert' });
	reason?.addEventListener('input', () => {
		reason.ariaInvalid = null;
		said.textContent = '';
	});
	const cancel = el('button', { type: 'button', className: 'quiet', onclick: () => dialog().close() }, 'Cancel');
	const go = el('button', { type: 'submit', className: action.danger ? 'danger' : 'primary', id: 'confirm' }, many ? `${action.title} ${count(rows.length)}` : action.title);
	const form = el('form', { noValidate: true, onsubmit: async event => {
		event.preventDefault();
		if (go.ariaDisabled === 'true') return;
		if (reason?.required && !reason.value.trim()) {
			said.dataset.tone = 'bad';
			said.textContent = 'Say why.';
			reason.ariaInvalid = 'true';
			return reason.focus();
		}
		go.ariaDisabled = 'true';
		said.dataset.tone = '';
		said.textContent = 'Working…';
		const results = await run(about, action, rows, reason?.value.trim(), text => { said.textContent = text; });
		const { text, failed } = outcome(action, rows, results);
		said.dataset.tone = failed.length ? 'bad' : 'good';
		said.textContent = text;
		if (failed.length && many) said.append(el('ul', {}, ...failed.slice(0, 5).map(f => el('li', {}, `${f.id}: ${f.text}`))));
		announce(text);
		go.hidden = true;
		cancel.textContent = 'Close';
		cancel.focus();
		done();
	} },
	el('h2', { id: 'dialog-title' }, many ? `${action.title} ${count(rows.length)} ${about.title.toLowerCase()}` : action.title),
	!many && el('p', { className: 'what' }, el('code', {}, rows[0].id)),
	el('p', {}, action.confirm),
	reason && el('label', { className: 'reason', htmlFor: 'reason' }, el('span', {}, action.reason === 'required' ? 'Why' : 'Why (may be left out)'), reason),
	said, el('div', { className: 'acts' }, cancel, go));
	dialog().replaceChildren(form);
	dialog().showModal();
	(reason ?? cancel).focus();
}

/** Shows what keys do. */
export function help() {
	const keys = [['/', 'Search'], ['↑ ↓', 'Go through rows, and through sections'], ['Enter', 'Open the row'], ['Esc', 'Close the details'], ['g', 'Go to the sections'], ['p', 'Pause or go on'], ['?', 'This help']];
	dialog().replaceChildren(el('form', { onsubmit: event => { event.preventDefault(); dialog().close(); } },
		el('h2', { id: 'dialog-title' }, 'Keyboard'),
		el('dl', { className: 'keys' }, ...keys.map(([key, text]) => el('div', {}, el('dt', {}, el('kbd', {}, key)), el('dd', {}, text)))),
		el('div', { className: 'acts' }, el('button', { type: 'submit', className: 'primary' }, 'Close'))));
	dialog().showModal();
}
