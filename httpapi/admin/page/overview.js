import { el } from './dom.js';
import { parts, show } from './format.js';
import { link } from './route.js';

const rank = { bad: 3, warn: 2, busy: 1 };

/** The worst tone of a section's facts. */
export function worst(news) {
	if (!news) return '';
	if (news.error) return 'bad';
	return news.facts.map(fact => parts(fact.value).tone ?? '').reduce((a, b) => ((rank[b] ?? 0) > (rank[a] ?? 0) ? b : a), news.facts.length ? 'good' : '');
}

/** The first page: for each section its facts, and above them which ones need somebody. */
export class Overview {
	constructor(sections) {
		this.sections = sections;
		this.cards = new Map(sections.map(about => {
			const facts = el('dl');
			const error = el('p', { className: 'warning', hidden: true });
			const element = el('li', { className: 'card', data: { tone: '' } },
				el('h2', {}, el('a', { href: link({ section: about.name }) }, about.title), el('span', { className: 'rows' })), facts, error);
			return [about.name, { about, element, facts, error, rows: element.querySelector('.rows'), text: '' }];
		}));
		this.verdict = el('p', { className: 'verdict', role: 'status', data: { tone: '' } }, 'Looking…');
		this.element = el('section', { className: 'page overview', aria: { labelledby: 'title' } },
			el('div', { className: 'heading' }, el('h1', { id: 'title', tabIndex: -1 }, 'Overview'), this.verdict),
			el('ul', { className: 'cards' }, ...[...this.cards.values()].map(card => card.element)));
	}

	/** Shows what is new of a section. */
	update(news) {
		for (const [name, card] of this.cards) {
			const one = news.get(name);
			const text = JSON.stringify(one);
			if (!one || text === card.text) continue;
			card.text = text;
			card.element.dataset.tone = worst(one);
			card.rows.textContent = one.total.toLocaleString('en');
			card.facts.replaceChildren(...one.facts.map(fact => el('div', { data: { tone: parts(fact.value).tone ?? '' } },
				el('dt', {}, fact.title), el('dd', {}, show(fact.value, fact.kind)))));
			card.error.hidden = !one.error;
			card.error.textContent = one.error ?? '';
		}
		this.judge(news);
	}

	judge(news) {
		if (news.size < this.sections.length) return;
		const bad = this.sections.filter(about => ['bad', 'warn'].includes(worst(news.get(about.name))));
		const tone = bad.some(about => worst(news.get(about.name)) === 'bad') ? 'bad' : bad.length ? 'warn' : 'good';
		const text = bad.length ? `Look at ${new Intl.ListFormat('en').format(bad.map(about => about.title.toLowerCase()))}.` : 'All is well.';
		this.verdict.dataset.tone = tone;
		if (this.verdict.textContent !== text) this.verdict.textContent = text; // what is the same is not said again
	}
}
