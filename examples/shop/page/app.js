import { keepClock, now } from './clock.js';
import { arrived, earlier, placed } from './feed.js';
import { orders } from './form.js';
import { precise } from './format.js';
import { changed, delivered, hooks } from './hooks.js';
import { ask, live, lives, take } from './life.js';
import { mailed, mails } from './mail.js';
import { meters } from './meters.js';
import { follow } from './stream.js';

const link = document.querySelector('#link');
const words = { connecting: 'Connecting', live: 'Live', lost: 'Connection lost, reconnecting' };
let openedAt = 0;
let caughtUp = 0;
let settle;

function tell(state, text = words[state]) {
	link.dataset.state = state;
	if (link.lastElementChild.textContent !== text) link.lastElementChild.textContent = text;
}

function resumed() {
	tell('resumed', caughtUp ? `Resumed, caught up with ${caughtUp} missed ${caughtUp === 1 ? 'event' : 'events'}` : 'Resumed, nothing missed');
	clearTimeout(settle);
	settle = setTimeout(() => tell('live'), 8000);
}

/** Brings the way of the order into sight where it is below the form, and not wholly seen. */
function reveal() {
	const journey = document.querySelector('#journey');
	const { bottom, left } = journey.getBoundingClientRect();
	if (bottom <= innerHeight || left > document.querySelector('#order').getBoundingClientRect().left) return;
	journey.scrollIntoView({ behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' });
}

function ordered(view) {
	const received = now();
	const late = precise(view.trace.sent_at) < openedAt;
	if (late) {
		caughtUp++;
		resumed();
	}
	arrived(view, received, late);
}

/** Reads what the stream told before it was open, or has left out. */
function load() {
	ask();
	mails();
	hooks();
}

follow({ orders: ordered, checkouts: take, mails: mailed, deliveries: delivered, endpoints: changed }, {
	state(name, again) {
		clearTimeout(settle);
		if (name !== 'live') return tell(name);
		openedAt = again ? now() : 0;
		caughtUp = 0;
		load();
		if (again) resumed();
		else tell('live');
	},
	reset() {
		tell('resumed', 'Resumed, orders read again');
		earlier();
		load();
	},
});
orders(order => {
	placed(order);
	reveal();
});
earlier();
load();
keepClock();
meters();
lives();
document.addEventListener('order', event => live(event.detail));

for (const button of document.querySelectorAll('[data-copy]')) {
	button.addEventListener('click', async () => {
		const code = document.getElementById(button.dataset.copy);
		try {
			await navigator.clipboard.writeText(code.textContent);
			button.textContent = 'Copied';
		} catch {
			getSelection().selectAllChildren(code);
			button.textContent = 'Selected';
		}
		setTimeout(() => { button.textContent = 'Copy'; }, 1600);
	});
}
