/** Makes an element. Properties that begin with "on" are listeners, "data" and "aria" are objects; nothing is parsed as HTML. */
export function el(name, properties = {}, ...children) {
	const made = document.createElement(name);
	for (const [key, value] of Object.entries(properties)) {
		if (value === undefined || value === null || value === false) continue;
		if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
		else if (key === 'data') Object.assign(made.dataset, value);
		else if (key === 'aria') for (const [a, v] of Object.entries(value)) made.setAttribute(`aria-${a}`, v);
		else if (key in made && key !== 'list' && key !== 'form') made[key] = value;
		else made.setAttribute(key, value);
	}
	made.append(...children.flat().filter(child => child !== undefined && child !== null && child !== false));
	return made;
}

/** Makes an element of SVG. */
export function svg(name, attributes = {}, ...children) {
	const made = document.createElementNS('http://www.w3.org/2000/svg', name);
	for (const [key, value] of Object.entries(attributes)) if (value !== undefined && value !== false) made.setAttribute(key, value);
	made.append(...children.flat());
	return made;
}

/** Finds the one element that a selector means. */
export const one = selector => document.querySelector(selector);

/** Tells a screen reader. */
export function announce(text) {
	const place = one('#announce');
	place.textContent = '';
	requestAnimationFrame(() => { place.textContent = text; });
}

/** Calls a function some time after the last call. */
export function later(ms, call) {
	let timer = 0;
	return (...args) => {
		clearTimeout(timer);
		timer = setTimeout(call, ms, ...args);
	};
}
