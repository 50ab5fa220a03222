// The event stream. EventSource reconnects by itself and sends the last id that it saw; where the server answered
// with an error it gives up, and this opens it again with that id in the query.
const firstPause = 500;
const longestPause = 8000;

/**
 * Follows a channel. state(name, again) is told 'connecting', 'live' and 'lost'; event(data) gets every message;
 * reset() says that messages may be missing.
 */
export function follow(channel, { state, event, reset }) {
	let lastId = '';
	let pause = firstPause;
	let wasLive = false;
	let reopened = false;

	function open() {
		const query = new URLSearchParams({ channel });
		if (lastId) query.set('last_event_id', lastId);
		const source = new EventSource(`/events?${query}`);
		source.addEventListener('open', () => {
			pause = firstPause;
			state('live', wasLive);
			if (wasLive && reopened && !lastId) reset(); // there was no id to resume from
			wasLive = true;
			reopened = false;
		});
		const message = e => {
			if (e.lastEventId) lastId = e.lastEventId;
			event(JSON.parse(e.data));
		};
		source.addEventListener('message', message);
		source.addEventListener(channel, message);
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
