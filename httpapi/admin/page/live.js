import { one } from './dom.js';

const words = { live: 'Live', connecting: 'Connecting', lost: 'Reconnecting', paused: 'Paused' };

let source = null;
let wanted = '';
let paused = false;
let hear = () => {};

function say(state) {
	const place = one('#link');
	if (place.dataset.state === state) return;
	place.dataset.state = state;
	place.lastElementChild.textContent = words[state];
}

function open() {
	source?.close();
	source = null;
	if (paused) return say('paused');
	if (!wanted) return;
	source = new EventSource(`api/live?${wanted}`);
	source.addEventListener('open', () => say('live'));
	source.addEventListener('error', () => {
		say('lost');
		if (source.readyState === EventSource.CLOSED) setTimeout(() => { if (!paused) open(); }, 3000);
	});
	source.addEventListener('section', event => hear(JSON.parse(event.data)));
}

/** Follows sections, and no others. */
export function follow(names, listener) {
	hear = listener;
	const next = new URLSearchParams(names.map(name => ['section', name])).toString();
	if (next === wanted) return;
	wanted = next;
	say('connecting');
	open();
}

/** Ends what is followed. */
export function close() {
	wanted = '';
	source?.close();
	source = null;
}

/** Stops updates, or lets them go on. */
export function pause(yes) {
	paused = yes;
	if (!yes) say('connecting');
	open();
}
