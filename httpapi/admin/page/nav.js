import { el, one } from './dom.js';
import { worst } from './overview.js';
import { link } from './route.js';

/** Makes the list of sections. Arrow keys go through it. */
export function build(sections) {
	const item = (name, title) => el('li', {}, el('a', { href: link({ section: name }), data: { section: name } },
		el('span', {}, title), el('b', { aria: { hidden: 'true' } })));
	const list = el('ul', { onkeydown: move }, item('', 'Overview'), ...sections.map(about => item(about.name, about.title)));
	one('#nav').replaceChildren(list);
	one('#nav').hidden = false;
}

function move(event) {
	const links = [...event.currentTarget.querySelectorAll('a')];
	const at = links.indexOf(document.activeElement);
	const to = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1, Home: 0, End: links.length - 1 }[event.key];
	if (to === undefined || at < 0) return;
	event.preventDefault();
	links[(to + links.length) % links.length].focus();
}

/** Marks the section that is shown. */
export function mark(section) {
	for (const a of document.querySelectorAll('#nav a')) {
		if (a.dataset.section === section) {
			a.setAttribute('aria-current', 'page');
			a.scrollIntoView({ block: 'nearest', inline: 'nearest' });
		} else {
			a.removeAttribute('aria-current');
		}
	}
}

/** Shows beside each section how it is. */
export function update(news) {
	for (const a of document.querySelectorAll('#nav a')) {
		const tone = worst(news.get(a.dataset.section));
		a.dataset.tone = tone;
		a.title = tone === 'bad' || tone === 'warn' ? 'needs somebody' : '';
	}
}
