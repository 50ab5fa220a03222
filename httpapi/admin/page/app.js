import * as api from './api.js';
import { help } from './act.js';
import * as details from './details.js';
import { el, one } from './dom.js';
import { tick } from './format.js';
import * as live from './live.js';
import { login } from './login.js';
import * as nav from './nav.js';
import { Overview } from './overview.js';
import { read } from './route.js';
import { Section } from './section.js';

let sections = [];
let shown = { name: null, page: null };
const news = new Map();
const title = document.title;

/** Begins anew where the server does not know the viewer any more. */
function lost(problem = '') {
	live.close();
	shown = { name: null, page: null };
	login(start, problem);
}

function hear(one) {
	const before = news.get(one.section);
	news.set(one.section, one);
	nav.update(news);
	if (shown.page instanceof Overview) shown.page.update(news);
	if (shown.name === one.section && before?.version !== one.version) refresh();
}

function refresh() {
	shown.page.load?.();
	const route = read();
	const about = sections.find(section => section.name === route.section);
	if (route.id !== null && about) details.open(about, route.id, refresh);
}

/** Shows what the address says. */
function render() {
	const route = read();
	const about = sections.find(section => section.name === route.section);
	if (route.section && !about) {
		shown = { name: null, page: null };
		one('#main').replaceChildren(el('section', { className: 'page' }, el('h1', { id: 'title', tabIndex: -1 }, 'There is no such section'), el('p', { className: 'empty' }, 'It may be one that you may not see.')));
	} else if (shown.name !== route.section) {
		const first = shown.name === null;
		details.hide();
		shown = { name: route.section, page: about ? new Section(about, route, lost) : new Overview(sections) };
		one('#main').replaceChildren(shown.page.element);
		live.follow(about ? [about.name] : sections.map(section => section.name), hear);
		if (!about) shown.page.update(news);
		scrollTo(0, 0);
		if (!first) one('#title').focus({ preventScroll: true });
	}
	document.title = `${about?.title ?? 'Overview'} · ${title}`;
	nav.mark(route.section);
	if (about) shown.page.load();
	if (about && route.id !== null) details.open(about, route.id, refresh);
	else details.hide();
}

function keys(event) {
	if (event.ctrlKey || event.metaKey || event.altKey || one('#dialog').open) return;
	if (event.key === 'Escape' && read().id !== null) return details.leave();
	if (event.target.matches('input:not([type=checkbox]), textarea, select')) {
		if (event.key === 'Escape') event.target.blur();
		return;
	}
	const act = {
		'/': () => one('#search')?.focus(), '?': help, p: () => one('#pause').click(),
		g: () => (one('#nav a[aria-current]') ?? one('#nav a'))?.focus(),
	}[event.key];
	if (!act) return;
	event.preventDefault();
	act();
}

async function start() {
	let said;
	try {
		said = await api.sections();
	} catch (error) {
		if (error.status === 401) return lost();
		return lost(error.message);
	}
	sections = said.sections;
	one('#side').hidden = false;
	one('#who').replaceChildren(el('b', {}, said.viewer.principal), el('span', {}, [...said.viewer.roles, said.viewer.tenant && `tenant ${said.viewer.tenant}`].filter(Boolean).join(', ')));
	one('#leave').hidden = !said.session;
	nav.build(sections);
	shown = { name: null, page: null };
	render();
}

one('#skip').addEventListener('click', event => {
	event.preventDefault();
	one('#main').focus();
});
one('#help').addEventListener('click', help);
one('#leave').addEventListener('click', async () => {
	await api.logout().catch(() => {});
	lost();
});
one('#pause').addEventListener('click', event => {
	const paused = event.target.ariaPressed !== 'true';
	event.target.ariaPressed = String(paused);
	live.pause(paused);
});
addEventListener('hashchange', render);
addEventListener('keydown', keys);
setInterval(tick, 1000);
start();
