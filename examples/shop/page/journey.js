import { duration, euros, precise, quantile } from './format.js';

const card = document.querySelector('#journey');
const stations = [...document.querySelectorAll('#stations li')];
const share = document.querySelector('#share');
const text = (id, value) => { document.getElementById(id).textContent = value; };
const hops = ['request and commit', 'relay to topic', 'topic to handler', 'handler', 'push to browser'];
const calm = matchMedia('(prefers-reduced-motion: reduce)');
const replayLength = 2400;

let shown = null;
let moving = [];
const totals = [];

/**
 * When an order passed each station, in milliseconds by the server's clock. The commit is known for orders that this
 * page placed, and null for others. Kafka's record time has whole milliseconds, so it is kept between its neighbours.
 */
export function times(view, receivedAt, mine) {
	const trace = view.trace;
	const placed = precise(trace.placed_at);
	const handled = precise(trace.handled_at);
	const passed = [
		mine?.clickedAt ?? placed,
		mine?.spent == null ? null : placed + mine.spent,
		Math.min(precise(trace.recorded_at) + 0.5, handled),
		handled, precise(trace.sent_at), receivedAt,
	];
	if (passed[1] != null) passed[1] = Math.min(passed[1], passed[2]);
	let latest = passed[0];
	return passed.map(t => (t == null ? null : (latest = Math.max(latest, t))));
}

/** What each hop took. Where a station's time is not known, its hop is null and belongs to the next one. */
function gaps(passed) {
	let from = passed[0];
	return passed.slice(1).map(t => {
		if (t == null) return null;
		const took = t - from;
		from = t;
		return took;
	});
}

export const whole = passed => passed.at(-1) - passed[0];

export function measure(passed) {
	totals.push(whole(passed));
	if (totals.length > 1000) totals.shift();
	const sorted = totals.toSorted((a, b) => a - b);
	text('median', duration(quantile(sorted, 0.5)));
	text('tail', duration(quantile(sorted, 0.99)));
	text('measured', `${sorted.length} ${sorted.length === 1 ? 'order' : 'orders'}`);
}

/** Shows one order. */
export function show(event) {
	const { view, passed } = event;
	const took = gaps(passed);
	const all = whole(passed);
	shown = event;
	rest();
	card.removeAttribute('data-empty');
	document.querySelector('#replay').disabled = calm.matches;
	document.dispatchEvent(new CustomEvent('order', { detail: view.order }));
	text('subject', `${view.order.customer} · ${euros(view.order.total_cents)} · ${view.order.id}`);
	text('position', `${view.event.topic}\n${view.event.partition} @ ${view.event.offset}`);
	text('lead', duration(all));
	text('lead-label', passed[1] == null ? 'Request to screen' : 'Click to screen');
	stations.forEach((station, i) => {
		station.querySelector('time').textContent = i === 0 || took[i - 1] == null ? '' : duration(took[i - 1]);
	});
	share.replaceChildren(...took.flatMap((ms, i) => {
		if (ms == null) return [];
		const part = document.createElement('i');
		part.dataset.hop = i + 1;
		part.style.flexGrow = Math.max(ms, all / 200);
		part.title = `${hops[i]}: ${duration(ms)}`;
		return [part];
	}));
	share.setAttribute('aria-label', 'Share of each hop: ' +
		took.flatMap((ms, i) => (ms == null ? [] : [`${hops[i]} ${duration(ms)}`])).join(', '));
}

function rest() {
	moving.forEach(a => a.cancel());
	moving = [];
}

/** Plays the shown order's way again, slowed down but in true proportion. */
function replay() {
	if (!shown || calm.matches) return;
	rest();
	const { passed } = shown;
	const start = passed[0];
	const scale = replayLength / Math.max(whole(passed), 0.001);
	const known = passed.map((t, i) => t ?? passed.slice(i).find(later => later != null));
	stations.forEach((station, i) => {
		const reached = (known[i] - start) * scale;
		moving.push(station.animate([{ opacity: 0.35 }, { opacity: 1 }], { delay: reached, duration: 160, fill: 'backwards' }));
		if (i === 0) return;
		const left = (known[i - 1] - start) * scale;
		moving.push(station.animate([{ '--fill': 0 }, { '--fill': 1 }],
			{ delay: left, duration: Math.max(reached - left, 1), fill: 'backwards', easing: 'linear' }));
	});
}
document.querySelector('#replay').addEventListener('click', replay);
