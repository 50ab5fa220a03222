// The event stream. EventSource reconnects by itself and sends the last id that it saw; where the server answered
// with an error it gives up, and this opens it again with that id in the query.
const firstPause = 500;
const longestPause = 8000;

/**
 * Follows channels, all by one connection: a browser has six of them for a server and its pages together. Each channel's function gets its messages;
 * state(name, again) is told 'connecting', 'live' and 'lost'; reset() says that messages may be missing.
 */
export function follow(channels, { state, reset }) {
	let lastId = '';
	let pause = firstPause;
	let wasLive = false;
	let reopened = false;

	function open() {
		const query = new URLSearchParams(Object.keys(channels).map(name => ['channel', name]));
		if (lastId) query.set('last_event_id', lastId);
		const source = new EventSource(`/events?${query}`);
		source.addEventListener('open', () => {
			pause = firstPause;
			state('live', wasLive);
			if (wasLive && reopened && !lastId) reset(); // there was no id to resume from
			wasLive = true;
			reopened = false;
		});
		for (const [name, take] of Object.entries(channels)) {
			source.addEventListener(name, e => {
				if (e.lastEventId) lastId = e.lastEventId;
				take(JSON.parse(e.data));
			});
		}
		source.addEventListener('reset', e => {
			lastId = e.lastEventId || '';
			reset();
		});
		source.addEventListener('error', () => {
			state('lost');
			if (source.readyState !== EventSource.CLOSED) return;
			reopened = true;
			setTimeout(open, pause);
			pause = Math.min(pause * 2, longestPause);
		});
	}
	state('connecting');
	open();
}
