const money = new Intl.NumberFormat('en-IE', { style: 'currency', currency: 'EUR' });
const whole = new Intl.NumberFormat('en-US');
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3 });

export const euros = cents => money.format(cents / 100);
export const count = n => whole.format(n);
export const at = ms => clock.format(ms);

/** A duration for people, from milliseconds. */
export function duration(ms) {
	if (ms == null || Number.isNaN(ms)) return '–';
	if (ms < 0.95) return '<1 ms';
	if (ms < 9.95) return `${ms.toFixed(1)} ms`;
	if (ms < 999.5) return `${Math.round(ms)} ms`;
	if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
	return `${Math.round(ms / 60_000)} min`;
}

export function bytes(n) {
	if (n < 1024) return `${n} B`;
	if (n < 1024 ** 2) return `${(n / 1024).toFixed(1)} KiB`;
	return `${(n / 1024 ** 2).toFixed(1)} MiB`;
}

/** The value at or below which the given part of the sorted numbers lies. */
export function quantile(sorted, part) {
	return sorted.length ? sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] : null;
}

/** An RFC 3339 time in milliseconds, with the microseconds that Date.parse drops. */
export function precise(text) {
	const fraction = /\.(\d+)/.exec(text);
	const micros = fraction ? Number(fraction[1].padEnd(6, '0').slice(3, 6)) : 0;
	return Date.parse(text) + micros / 1000;
}
