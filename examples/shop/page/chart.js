// Draws a state machine: its longest way as a line, and what leads off it beside. The line goes across, or down where there is little room.
const width = 108;
const height = 34;
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

// The two ways to lay a chart out: how far states are apart along the line, how far others are beside it, how much room such a one needs along it.
const across = { step: width + 56, aside: height + 74, room: width + 24, at: (along, aside) => ({ x: along, y: aside }) };
const down = { step: height + 46, aside: width + 82, room: height + 36, at: (along, aside) => ({ x: aside, y: along }) };

/** Where each state stands: on the line, or beside it, by the middle of what leads there. */
function places(chart, layout) {
	const line = longest(chart, chart.start);
	const along = new Map(line.map((state, i) => [state, i * layout.step]));
	const at = new Map(line.map(state => [state, layout.at(along.get(state), 0)]));
	const others = [...new Set(chart.arrows.map(a => a.to))].filter(state => !at.has(state));
	let taken = -Infinity;
	const middle = state => {
		const from = chart.arrows.filter(a => a.to === state && along.has(a.from)).map(a => along.get(a.from));
		return from.length ? from.reduce((sum, x) => sum + x, 0) / from.length : 0;
	};
	for (const state of others.sort((a, b) => middle(a) - middle(b))) {
		taken = Math.max(middle(state), taken + layout.room);
		at.set(state, layout.at(taken, layout.aside));
	}
	return at;
}

/** How an arrow goes from box a to box b, and where its label stands. */
function course(a, b, layout) {
	const label = (x, y, anchor) => ({ x, y, class: anchor });
	if (layout === down && a.x === b.x) {
		const x = a.x + width / 2;
		return { d: `M${x} ${a.y + height}V${b.y - 9}`, text: label(x + 10, (a.y + height + b.y) / 2 + 2, 'start') };
	}
	if (layout === down) {
		const [x1, y1, x2, y2] = [a.x + width, a.y + height / 2, b.x - 9, b.y + height / 2];
		return { d: `M${x1} ${y1}C${x1 + 44} ${y1} ${x2 - 44} ${y2} ${x2} ${y2}`, text: label(b.x + width / 2, b.y - 8, 'middle'), joint: true };
	}
	if (a.y === b.y) {
		return { d: `M${a.x + width} ${height / 2}H${b.x - 9}`, text: label((a.x + width + b.x) / 2, height / 2 - 8, 'middle') };
	}
	const [x1, y1, x2, y2] = [a.x + width / 2, a.y + height, b.x + width / 2, b.y - 9];
	return { d: `M${x1} ${y1}C${x1} ${y1 + 40} ${x2} ${y2 - 40} ${x2} ${y2}`, text: label(x2 + 8, y2 - 8, 'start'), joint: true };
}

function arrow(chart, at, { from, event, to, guarded }, layout) {
	if (from === to) return null;
	const { d, text, joint } = course(at.get(from), at.get(to), layout);
	const group = svg('g', { class: 'way', 'data-way': `${from} ${event} → ${to}` }, svg('path', { d, 'marker-end': 'url(#tip)' }));
	const first = chart.arrows.find(other => other.to === to && other.event === event);
	if (!joint || first.from === from) group.append(svg('text', text, guarded ? `${event} *` : event)); // arrows that meet have one label
	return group;
}

function paint(figure, chart, layout) {
	const at = places(chart, layout);
	const right = Math.max(...[...at.values()].map(p => p.x)) + width;
	const lowest = Math.max(...[...at.values()].map(p => p.y)) + height;
	const picture = svg('svg', { viewBox: layout === down ? `-4 -22 ${right + 8} ${lowest + 26}` : `-4 -14 ${right + 60} ${lowest + 20}`, role: 'img' },
		svg('defs', {}, svg('marker', { id: 'tip', viewBox: '0 0 8 8', refX: 1, refY: 4, markerUnits: 'userSpaceOnUse', markerWidth: 10, markerHeight: 10, orient: 'auto' },
			svg('path', { d: 'M0 0L8 4L0 8z' }))),
		...chart.arrows.map(a => arrow(chart, at, a, layout)).filter(Boolean),
		...[...at].map(([state, { x, y }]) => svg('g', { class: 'state', 'data-state': state, ...(chart.final?.includes(state) && { 'data-final': '' }) },
			svg('rect', { x, y, width, height, rx: 9 }), svg('text', { x: x + width / 2, y: y + height / 2 + 5 }, state))));
	figure.replaceChildren(picture);
	return (state, ways) => {
		for (const g of picture.querySelectorAll('.state')) g.toggleAttribute('data-current', g.dataset.state === state);
		for (const g of picture.querySelectorAll('.way')) g.toggleAttribute('data-taken', ways.has(g.dataset.way));
		picture.setAttribute('aria-label', state ? `State machine of an order; this one is ${state}` : 'State machine of an order');
	};
}

/** Draws the chart into a figure; what is returned marks the state that an order is in, and the ways that it has taken. */
export function draw(figure, chart) {
	const narrow = matchMedia('(max-width: 720px)');
	const fit = () => paint(figure, chart, narrow.matches ? down : across);
	let last = [undefined, new Set()];
	let mark = fit();
	narrow.addEventListener('change', () => {
		mark = fit();
		mark(...last);
	});
	return (...now) => mark(...(last = now));
}
