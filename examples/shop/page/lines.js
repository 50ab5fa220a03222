// Lists of lines whose newest is at the top. A line that changes stays where it is.
import { now } from './clock.js';
import { at, precise } from './format.js';

const most = 60;
export const element = (name, textContent, attributes) => Object.assign(document.createElement(name), { textContent }, attributes);

export const time = text => element('time', at(precise(text)).slice(0, 8), { dateTime: text });

/** A list of what has a key and the time at, which render(li, item) shows; empty is shown as long as there is nothing. */
export function lines(list, empty, key, render) {
	const rows = new Map();
	function take(item) {
		const id = key(item);
		const known = rows.get(id);
		if (known && known.item.at > item.at) return;
		const li = known?.li ?? document.createElement('li');
		rows.set(id, { li, item });
		render(li, item);
		if (known) return;
		list.prepend(li);
		empty.hidden = true;
		if (list.children.length > most) {
			rows.delete([...rows.keys()][0]);
			list.lastElementChild.remove();
		}
	}
	return {
		take,
		/** Takes a whole list, newest first. */
		all(items) {
			items.toReversed().forEach(take);
			empty.hidden = list.children.length > 0;
		},
		/** Lets go what the test says. */
		drop(test) {
			for (const [id, { li, item }] of rows) {
				if (!test(item)) continue;
				li.remove();
				rows.delete(id);
			}
			empty.hidden = list.children.length > 0;
		},
	};
}

/** Calls read soon, and at most once a second however often it is wanted. */
export function seldom(read) {
	let waiting = false;
	return () => {
		if (waiting) return;
		waiting = true;
		setTimeout(() => {
			waiting = false;
			read();
		}, 1000);
	};
}

/** Says when something is due, and goes on saying it. */
export function due(text) {
	const span = element('span', '', { className: 'due' });
	span.dataset.due = precise(text);
	count(span);
	return span;
}

function count(span) {
	const left = Number(span.dataset.due) - now();
	const seconds = Math.max(Math.ceil(left / 1000), 0);
	span.textContent = left <= 0 ? 'next try now' : seconds < 100 ? `next try in ${seconds} s` : `next try in ${Math.round(seconds / 60)} min`;
}

setInterval(() => document.querySelectorAll('.due').forEach(count), 1000);
