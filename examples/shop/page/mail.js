import { count } from './format.js';
import { element, due, lines, seldom, time } from './lines.js';

const counts = document.querySelectorAll('#mail-counts div');
const kept = document.querySelector('#mails-kept');

const jobs = lines(document.querySelector('#jobs'), document.querySelector('#jobs-empty'), job => job.id, (li, job) => {
	const cut = job.id.lastIndexOf('/');
	const what = element('span', '', { className: 'what' });
	what.append(element('b', job.id.slice(cut + 1)), element('code', job.id.slice(0, cut)));
	const state = element('em', job.state, { className: 'state' });
	li.dataset.state = job.state;
	li.replaceChildren(time(job.at), what, element('span', job.attempt ? `attempt ${job.attempt}` : '', { className: 'note' }), state);
	if (job.state !== 'retrying' && job.state !== 'dead') return;
	const why = element('small', job.reason ?? '');
	if (job.due) why.append(' · ', due(job.due));
	li.append(why);
});

const box = lines(document.querySelector('#mails'), document.querySelector('#mails-empty'), mail => mail.job, (li, mail) => {
	const details = document.createElement('details');
	const summary = document.createElement('summary');
	const what = element('span', '', { className: 'what' });
	what.append(element('b', mail.subject), element('code', mail.to));
	summary.append(time(mail.at), what, element('span', `attempt ${mail.attempt}`, { className: 'note' }));
	const text = element('pre', mail.text, { tabIndex: 0 });
	text.setAttribute('role', 'group');
	text.setAttribute('aria-label', 'Text of the mail');
	details.append(summary, text);
	li.replaceChildren(details);
});

/** Reads jobs and mailbox. */
export async function mails() {
	const report = await fetch('/mail', { cache: 'no-store' }).then(r => (r.ok ? r.json() : null)).catch(() => null);
	if (!report) return;
	for (const div of counts) {
		const n = (report.counts[div.dataset.state] ?? 0) + (div.dataset.state === 'waiting' ? report.counts.scheduled ?? 0 : 0);
		div.lastElementChild.textContent = count(n);
		div.toggleAttribute('data-some', n > 0);
	}
	kept.textContent = `${count(report.kept)} ${report.kept === 1 ? 'mail' : 'mails'} kept`;
	jobs.all(report.jobs);
	box.all(report.mails);
}

const soon = seldom(mails);

/** A job is in another state. */
export function mailed(job) {
	jobs.take(job);
	if (job.mail) box.take(job.mail);
	soon();
}
