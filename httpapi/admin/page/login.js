import * as api from './api.js';
import { el, one } from './dom.js';

/** Asks for a token, until one is known. */
export function login(done, problem = '') {
	one('#nav').hidden = true;
	one('#aside').hidden = true;
	one('#side').hidden = true;
	const said = el('p', { className: 'said', id: 'said', role: 'alert', data: { tone: 'bad' } }, problem);
	const token = el('input', { type: 'password', id: 'token', autocomplete: 'current-password', required: true, spellcheck: false, aria: { describedby: 'said' } });
	const form = el('form', { className: 'login', noValidate: true, onsubmit: async event => {
		event.preventDefault();
		said.textContent = '';
		try {
			await api.login(token.value);
			await done();
		} catch (error) {
			said.textContent = `${error.message[0].toUpperCase()}${error.message.slice(1).replace(/\.$/, '')}.`;
			token.select();
		}
	} },
	el('h1', {}, 'Sign in'), el('p', {}, 'The console is for those who have a token.'),
	!isSecureContext && el('p', { className: 'warning', role: 'alert' }, 'Open the console by https: the browser keeps no token for a page that came in the clear.'),
	el('label', { htmlFor: 'token' }, el('span', {}, 'Token'), token), said, el('button', { type: 'submit', className: 'primary' }, 'Sign in'));
	one('#main').replaceChildren(form);
	token.focus();
}
