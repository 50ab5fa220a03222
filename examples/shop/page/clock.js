import { precise } from './format.js';

// The server's clock, seen from here: of several samples the one with the shortest round trip is the best.
let offset = 0;

const here = () => performance.timeOrigin + performance.now();

/** The server's time now, in milliseconds. */
export const now = () => here() + offset;

async function sample() {
	const sent = here();
	const response = await fetch('/clock', { cache: 'no-store' });
	const trip = here() - sent;
	const server = precise((await response.json()).now);
	return { trip, offset: server - (sent + trip / 2) };
}

/** Sets the clock, and again every half minute, since clocks drift. */
export async function keepClock() {
	for (;;) {
		let best = null;
		for (let i = 0; i < 6; i++) {
			const one = await sample().catch(() => null);
			if (one && (!best || one.trip < best.trip)) best = one;
		}
		if (best) offset = best.offset;
		await new Promise(resolve => setTimeout(resolve, 30_000));
	}
}
