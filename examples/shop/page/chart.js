// Draws a state machine: its longest way as a line, and what leads off it below.
const width = 108;
const height = 34;
const gap = 56;
const below = 74;
const svg = (name, attributes, ...children) => {
	const element = document.createElementNS('http://www.w3.org/2000/svg', name);
	for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
	element.append(...children);
	return element;
};

/** The longest way from the start on which no state comes twice. */
function longest(chart, from, seen = [from]) {
	return chart.arrows.filter(a => a.from === from && !seen.includes(a.to))
		.map(a => longest(chart, a.to, [...seen, a.to]))
		.reduce((best, way) => (way.length > best.length ? way : best), seen);
}

/** Where each state stands: on the line, or below it, under the middle of what leads there. */
function places(chart) {
	const line = longest(chart, chart.start);
	const at = new Map(line.map((state, i) => [state, { x: i * (width + gap), y: 0 }]));
	const others = [...new Set(chart.arrows.map(a => a.to))].filter(state => !at.has(state));
	let taken = -Infinity;
	const middle = state => {
		const from = chart.arrows.filter(a => a.to === state && at.has(a.from)).map(a => at.get(a.from).x);
		return from.length ? from.reduce((sum, x) => sum + x, 0) / from.length : 0;
	};
	for (const state of others.sort((a, b) => middle(a) - middle(b))) {
		taken = Math.max(middle(state), taken + width + 24);
		at.set(state, { x: taken, y: below + height });
	}
	return at;
}

function arrow(chart, at, { from, event, to, guarded }) {
	const [a, b] = [at.get(from), at.get(to)];
	const label = guarded ? `${event} *` : event;
	const group = svg('g', { class: 'way', 'data-way': `${from} ${event} → ${to}` });
	if (from === to) return null;
	if (a.y === b.y) {
		group.append(
			svg('path', { d: `M${a.x + width} ${height / 2}H${b.x - 9}`, 'marker-end': 'url(#tip)' }),
			svg('text', { x: (a.x + width + b.x) / 2, y: height / 2 - 8 }, label),
		);
		return group;
	}
	const [x1, y1, x2, y2] = [a.x + width / 2, a.y + height, b.x + width / 2, b.y - 9];
	group.append(svg('path', { d: `M${x1} ${y1}C${x1} ${y1 + 40} ${x2} ${y2 - 40} ${x2} ${y2}`, 'marker-end': 'url(#tip)' }));
	const first = chart.arrows.find(other => other.to === to && other.event === event);
	if (first.from === from) group.append(svg('text', { x: x2 + 8, y: y2 - 8, class: 'start' }, label));
	return group;
}

/** Draws the chart into a figure; what is returned marks the state that an order is in, and the ways that it has taken. */
export function draw(figure, chart) {
	const at = places(chart);
	const right = Math.max(...[...at.values()].map(p => p.x)) + width;
	const lowest = Math.max(...[...at.values()].map(p => p.y)) + height;
	const picture = svg('svg', { viewBox: `-4 -14 ${right + 60} ${lowest + 20}`, role: 'img' },
		svg('defs', {}, svg('marker', { id: 'tip', viewBox: '0 0 8 8', refX: 1, refY: 4, markerUnits: 'userSpaceOnUse', markerWidth: 10, markerHeight: 10, orient: 'auto' },
			svg('path', { d: 'M0 0L8 4L0 8z' }))),
		...chart.arrows.map(a => arrow(chart, at, a)).filter(Boolean),
		...[...at].map(([state, { x, y }]) => svg('g', { class: 'state', 'data-state': state, ...(chart.final?.includes(state) && { 'data-final': '' }) },
			svg('rect', { x, y, width, height, rx: 9 }), svg('text', { x: x + width / 2, y: y + height / 2 + 5 }, state))));
	figure.replaceChildren(picture);
	return (state, ways) => {
		for (const g of picture.querySelectorAll('.state')) g.toggleAttribute('data-current', g.dataset.state === state);
		for (const g of picture.querySelectorAll('.way')) g.toggleAttribute('data-taken', ways.has(g.dataset.way));
		picture.setAttribute('aria-label', state ? `State machine of an order; this one is ${state}` : 'State machine of an order');
	};
}
