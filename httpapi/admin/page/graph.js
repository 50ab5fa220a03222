import { svg } from './dom.js';

const height = 34;
const gapX = 92;
const gapY = 30;

/** How wide a text is, about: it is measured by the letters, so that it is the same everywhere. */
const wide = text => Math.max(64, text.length * 7.4 + 28);

/** The ways between two states as one, with all their labels. */
function ways(edges) {
	const all = new Map();
	for (const edge of edges) {
		const key = JSON.stringify([edge.from, edge.to]);
		const way = all.get(key) ?? { from: edge.from, to: edge.to, labels: [], taken: false };
		if (edge.label) way.labels.push(edge.label);
		way.taken ||= edge.taken === true;
		all.set(key, way);
	}
	return [...all.values()];
}

/** The column of each state: one more than the nearest before it, so that ways lead to the right. */
function columns(graph) {
	const at = new Map();
	let front = graph.nodes.filter(node => node.start).map(node => node.name);
	if (!front.length && graph.nodes.length) front = [graph.nodes[0].name];
	for (let depth = 0; front.length; depth++) {
		for (const name of front) at.set(name, depth);
		front = [...new Set(graph.edges.filter(e => front.includes(e.from) && !at.has(e.to)).map(e => e.to))];
	}
	for (const node of graph.nodes) if (!at.has(node.name)) at.set(node.name, 0);
	return at;
}

/** Where each state stands. */
function places(graph) {
	const depth = columns(graph);
	const lanes = [];
	for (const node of graph.nodes) (lanes[depth.get(node.name)] ??= []).push(node);
	const at = new Map();
	let x = 0;
	lanes.forEach(lane => {
		const width = Math.max(...lane.map(node => wide(node.note ? `${node.name} ${node.note}` : node.name)));
		lane.forEach((node, i) => at.set(node.name, { x, y: i * (height + gapY), width }));
		x += width + gapX;
	});
	return at;
}

/** How a way goes, and where its label stands. */
function course(a, b, labels, crossed) {
	const [ay, by] = [a.y + height / 2, b.y + height / 2];
	if (b.x > a.x) {
		const [x1, x2] = [a.x + a.width, b.x - 8];
		if (b.x - (a.x + a.width) > gapX + 1 && a.y === b.y) { // past states between them
			const bow = a.y - 18;
			return { d: `M${x1} ${ay - 6}C${x1 + 40} ${bow} ${x2 - 40} ${bow} ${x2} ${by - 6}`, x: (x1 + x2) / 2, y: bow + 6 };
		}
		const bend = gapX / 2;
		return { d: `M${x1} ${ay}C${x1 + bend} ${ay} ${x2 - bend} ${by} ${x2} ${by}`, x: x2 - bend + 4, y: (a.y === b.y ? by - 7 : by - 7) };
	}
	if (a.x === b.x && a.y !== b.y) {
		const down = b.y > a.y;
		const [x, y1, y2] = [a.x + a.width / 2 + (crossed ? 24 : 0), down ? a.y + height : a.y, down ? b.y - 8 : b.y + height + 8];
		return { d: `M${x} ${y1}V${y2}`, x: x + 8, y: (y1 + y2) / 2 + 4, start: true };
	}
	if (a === b) {
		const x = a.x + a.width / 2;
		return { d: `M${x - 14} ${a.y}C${x - 22} ${a.y - 26} ${x + 22} ${a.y - 26} ${x + 14} ${a.y - 7}`, x, y: a.y - 24 };
	}
	const [x1, x2, low] = [a.x + a.width / 2, b.x + b.width / 2, Math.max(a.y, b.y) + height + 30 + 6 * labels];
	return { d: `M${x1} ${a.y + height}C${x1} ${low} ${x2} ${low} ${x2} ${b.y + height + 8}`, x: (x1 + x2) / 2, y: low - 10 };
}

/** Draws states and ways from left to right. */
export function draw(graph) {
	const at = places(graph);
	const all = ways(graph.edges);
	const drawn = all.map((way, i) => {
		const back = all.some(other => other.from === way.to && other.to === way.from);
		const { d, x, y, start } = course(at.get(way.from), at.get(way.to), i % 3, back);
		return svg('g', { class: 'way', 'data-taken': way.taken ? '' : undefined }, svg('path', { d, 'marker-end': 'url(#tip)' }),
			way.labels.length ? svg('text', { x, y, class: start ? 'start' : '' }, way.labels.join(', ')) : []);
	});
	const nodes = graph.nodes.map(node => {
		const { x, y, width } = at.get(node.name);
		const mark = { 'data-current': node.current ? '' : undefined, 'data-final': node.final ? '' : undefined, 'data-start': node.start ? '' : undefined };
		return svg('g', { class: 'node', ...mark }, svg('rect', { x, y, width, height, rx: 9 }),
			svg('text', { x: x + width / 2, y: y + height / 2 + 4.5 }, node.name, node.note ? svg('tspan', { class: 'note', dx: 6 }, node.note) : []));
	});
	const right = Math.max(...[...at.values()].map(p => p.x + p.width), 1);
	const low = Math.max(...[...at.values()].map(p => p.y + height), 1);
	const current = graph.nodes.find(node => node.current);
	const label = `${graph.title}: ${graph.nodes.length} states${current ? `; it is ${current.name}` : ''}. The table of ways says the same.`;
	const under = all.some(way => at.get(way.to).x < at.get(way.from).x) ? 46 : 8; // where ways lead back
	return svg('svg', { viewBox: `-6 -34 ${right + 12} ${low + 34 + under}`, width: right + 12, height: low + 34 + under, role: 'img', 'aria-label': label },
		svg('defs', {}, svg('marker', { id: 'tip', viewBox: '0 0 8 8', refX: 1, refY: 4, markerUnits: 'userSpaceOnUse', markerWidth: 9, markerHeight: 9, orient: 'auto' },
			svg('path', { d: 'M0 0L8 4L0 8z' }))), ...drawn, ...nodes);
}
