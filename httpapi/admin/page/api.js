/** What the server says of a request that it does not do. */
export class Problem extends Error {
	constructor(status, body, after = null) {
		super(body?.detail ?? body?.title ?? (status ? `The server answers ${status}.` : 'The server does not answer.'));
		this.status = status;
		this.id = body?.request_id;
		this.after = Number(after);
	}
}

async function ask(path, options = {}) {
	let response;
	try {
		response = await fetch(`api/${path}`, { credentials: 'same-origin', ...options });
	} catch (error) {
		if (error.name === 'AbortError') throw error;
		throw new Problem(0);
	}
	if (!response.ok) throw new Problem(response.status, await response.json().catch(() => null), response.headers.get('Retry-After'));
	return response.status === 204 ? null : response.json();
}

const sending = (method, body, headers = {}) => ({ method, headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) });

export const sections = () => ask('sections');
export const list = (section, query, signal) => ask(`${section}?${query}`, { signal });
export const row = (section, id, signal) => ask(`${section}/${encodeURIComponent(id)}`, { signal });
export const act = (section, { id, version }, action, body) => ask(`${section}/${encodeURIComponent(id)}/${action}`, sending('POST', body, { 'If-Match': `"${version}"` }));
export const login = token => ask('session', sending('POST', { token }));
export const logout = () => ask('session', { method: 'DELETE' });
