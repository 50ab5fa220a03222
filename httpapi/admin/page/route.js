/** Where the page is: a section, a row of it, and how its rows are looked for. It is the part of the address after the #. */
export function read() {
	const [path, query] = location.hash.replace(/^#/, '').split('?');
	const [, section = '', id] = path.split('/');
	return { section: decodeURIComponent(section), id: id === undefined ? null : decodeURIComponent(id), query: new URLSearchParams(query ?? '') };
}

export function link({ section = '', id = null, query }) {
	const text = query?.toString() ?? '';
	return `#/${encodeURIComponent(section)}${id === null ? '' : `/${encodeURIComponent(id)}`}${text ? `?${text}` : ''}`;
}

/** Goes somewhere. What is typed or chosen replaces the address, so that Back leaves the section. */
export function go(to, { replace = false } = {}) {
	const hash = link(to);
	if (hash === location.hash) return;
	if (replace) {
		history.replaceState(null, '', hash);
		dispatchEvent(new HashChangeEvent('hashchange'));
	} else {
		location.hash = hash;
	}
}
