// The authority page, and the administrator's: shows what the server says, and sends back what the human does.
//
// On every change the page is built anew from the state and laid over what is there: what has not changed stays the same
// element, with its focus, its scroll position and what somebody is typing. What the server says is only ever text.

const ADMIN = location.pathname === '/admin';
/** The cause of this page's pauses. */
const MINE = ADMIN ? 'administrator' : 'human';
const ASKED = location.pathname.split('/approvals/')[1];
const LANGUAGE = document.documentElement.lang;
const TITLE = document.title;
const [SECOND, MINUTE, HOUR, DAY] = [1000, 60_000, 3_600_000, 86_400_000];
const UNITS = { day: DAY, hour: HOUR, minute: MINUTE, second: SECOND };

const PER = { action: 'at once', minute: 'a minute', hour: 'an hour', day: 'in any 24 hours', week: 'in any 7 days', month: 'in any 30 days' };
const EXPIRIES = { '1 hour': HOUR, '8 hours': 8 * HOUR, '1 day': DAY, '7 days': 7 * DAY, '30 days': 30 * DAY };
const PAUSES = { human: 'You paused it.', administrator: 'An administrator paused it, and only one can resume it.', demo: 'The demo paused it, and only the demo’s tools resume it.' };
const SAID = {
  revoke_all: 'All are revoked. Each has its receipt below.', bounds: 'Saved: it holds from now on.', ceilings: 'Saved: it holds from now on.',
  erase: 'Erased.', approve: 'Approved.', allow_again: 'It may begin again, with the bounds of a new deputy.', refuse: 'Refused.', pause: 'Paused.', resume: 'Resumed.',
};
const ENDS = {
  human: ADMIN ? 'revoked by the person' : 'revoked by you', administrator: 'revoked by an administrator', client: 'ended by its client', refresh_token_replayed: 'a used-up token of it was used again',
  user_deleted: 'the account was deleted', signed_out: 'you signed out', expired: 'its time was over', replaced: 'allowed anew', not_let_in: 'came after you had revoked all',
};
/** What the charts count. */
const COUNTED = { calls: 'calls', effects: 'actions', denials: 'refusals' };
const OUTCOMES = { waiting: 'Not answered in time', expired: 'Not answered in time', approved: 'Approved', refused: 'Refused', used: 'Approved, and done' };

/** @type {State} */
let state;
/** @type {'connecting' | 'live' | 'signed out'} */
let line = 'connecting';
/** How far the server's clock is ahead. */
let ahead = 0;
/** Whose deputies the administrator sees. */
let user = new URLSearchParams(location.search).get('user') ?? '';
/** What the last act led to, by where it was asked for. @type {Map<string, { text: string, bad?: boolean, signIn?: boolean }>} */
const told = new Map();
/** Acts under way. */
const busy = new Set();
/** What is edited: grants, or `ceilings`. */
const editing = new Set();
/** What ended or was answered before the human's eyes stays where it was. */
const seen = new Set();
/** @type {{ entries: Entry[], more: boolean, archived?: boolean, head?: number }} `head`: the newest when it was read */
let trail = { entries: [], more: false };
const rows = new Map();

/** @returns {any} */
const find = (selector, from = /** @type {ParentNode} */ (document)) => from.querySelector(selector);
/** @returns {any[]} */
const all = (selector, from = /** @type {ParentNode} */ (document)) => [...from.querySelectorAll(selector)];
const desk = find('#desk');
const HEADING = find('h1').textContent;

/** An element: `p.quiet`, then its attributes (those false or nothing are left out), if any, then its children. @returns {any} */
function h(what, ...children) {
  const [tag, ...classes] = what.split('.');
  const attributes = children[0]?.constructor === Object ? children.shift() : {};
  const element = /^(svg|path)$/.test(tag) ? document.createElementNS('http://www.w3.org/2000/svg', tag) : document.createElement(tag);
  for (const [name, value] of Object.entries({ class: classes.join(' ') || null, ...attributes })) {
    if (value !== false && value != null) element.setAttribute(name === 'key' ? 'data-key' : name, value);
  }
  element.append(...children.flat(9).filter((child) => child !== false && child != null));
  return element;
}

/** Makes `old` what `next` is. Elements with `data-own` look after themselves. */
function lay(old, next) {
  if (old.nodeType === Node.TEXT_NODE) return old.data === next.data || (old.data = next.data);
  if (old.hasAttribute('data-own')) return;
  for (const { name } of [...old.attributes]) if (name !== 'open' && !next.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of next.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  const rest = [...old.childNodes];
  arrange(old, [...next.childNodes].map((child) => {
    const at = rest.findIndex((node) => node.nodeName === child.nodeName && node.dataset?.key === child.dataset?.key);
    if (at < 0) return child;
    const [found] = rest.splice(at, 1);
    lay(found, child);
    return found;
  }));
}

/** These children in this order; those in their place are not touched. */
function arrange(parent, nodes) {
  const wanted = new Set(nodes);
  for (const old of [...parent.childNodes]) if (!wanted.has(old)) old.remove();
  nodes.forEach((node, i) => parent.childNodes[i] === node || parent.insertBefore(node, parent.childNodes[i] ?? null));
}

/** `about`: what to add for those who do not see where the button is. */
function button(label, todo, place, about = '', more = {}) {
  const aria = { 'aria-label': about ? `${label} ${about}` : null, 'aria-disabled': busy.has(`${place} ${todo}`) && 'true' };
  return h('button', { type: 'button', 'data-do': todo, 'data-place': place, key: todo, ...aria, ...more }, label);
}

const fault = (place, { message }) => told.set(place, { text: message, bad: true });

function answer(place) {
  const { text, bad, signIn: again } = told.get(place) ?? {};
  return text && h(bad ? 'p.problem' : 'p.good', { key: `told ${place}`, role: bad && 'alert' }, text, again && [' ', h('a', { href: signIn(), target: '_blank' }, 'Sign in (opens a new tab)')]);
}

// What somebody named does not change the direction of what is around it.
const name = (text) => h('bdi', text);
const words = (code) => (code ?? '').replaceAll('_', ' ');
const why = ({ reason }) => ENDS[reason] ?? words(reason);
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const now = () => Date.now() + ahead;
const number = (n) => n.toLocaleString(LANGUAGE);
const day = (at) => new Date(at).toLocaleDateString(LANGUAGE, { day: 'numeric', month: 'short' });
const RELATIVE = new Intl.RelativeTimeFormat(LANGUAGE);

function relative(at) {
  const away = at - now();
  if (away <= 0 && away > -MINUTE) return 'just now';
  const unit = Object.keys(UNITS).find((each) => Math.abs(away) >= UNITS[each]) ?? 'second';
  // What was is full hours ago; what comes is in the nearest number of them.
  return RELATIVE.format(away > 0 ? Math.round(away / UNITS[unit]) : Math.trunc(away / UNITS[unit]), /** @type {any} */ (unit));
}

function time(at) {
  return h('time', { datetime: new Date(at).toISOString(), title: new Date(at).toLocaleString(LANGUAGE, { dateStyle: 'full', timeStyle: 'medium' }), 'data-at': at }, relative(at));
}

/** @returns {Measure} */
const measureOf = (wanted) => state.measures.find((measure) => measure.name === wanted) ?? { name: wanted, unit: 'count', one: wanted, many: wanted, digits: 0 };
const heading = ({ name, unit, many }) => (unit === 'money' ? `Money (${name})` : capital(many));
const plain = (n, digits) => (n == null ? '' : (n / 10 ** digits).toFixed(digits));

function amount(measure, n) {
  const { unit, one, many, digits } = measureOf(measure);
  return unit === 'money' ? (n / 10 ** digits).toLocaleString(LANGUAGE, { style: 'currency', currency: measure }) : `${number(n)} ${n === 1 ? one : many}`;
}

// --- The page ---

const here = () => location.pathname + location.search;
const signIn = (next = here()) => `/authority/sign-in?next=${encodeURIComponent(next)}`;
const standsStill = (deputy) => !deputy.ended && (state.pauses.length > 0 || deputy.state === 'paused');
const waits = (approval) => approval.state === 'waiting' && approval.expires_at > now();
const mayGrant = () => !ADMIN && !state.session.impersonated;

function render() {
  const asked = state?.approvals.filter(waits).length;
  document.title = (asked ? `(${asked}) ` : '') + TITLE;
  const held = desk.contains(document.activeElement) && (document.activeElement?.closest('article, section') ?? desk);
  lay(desk, h('div', { id: 'desk' }, (state || ADMIN) && strip(), top(), ADMIN && userForm(), answer('page'), state && [...notices(), columns()]));
  // What had the focus is gone: what comes next is near where it was.
  if (held && document.activeElement === document.body) find('[tabindex="-1"]', held.isConnected ? held : desk).focus({ preventScroll: true });
}

function strip() {
  return h('div.strip', ADMIN ? h('a', { href: '/authority' }, 'Your deputies')
    : [h(line === 'live' ? 'span.live' : 'span.lost', line === 'connecting' ? 'Connecting …' : capital(line)), person(), state.session.admin && h('a', { href: '/admin' }, 'Administration')],
    state && button('Sign out', 'sign_out', 'page'));
}

const person = () => h('bdi', { title: state.person?.email }, state.person?.name || state.person?.email || 'Nobody known here');

function top() {
  const standing = state?.deputies.filter(({ ended }) => !ended) ?? [];
  const paused = standing.filter(standsStill).length;
  const summary = [standing.length > paused && `${standing.length - paused} active`, paused && `${paused} paused`].filter(Boolean).join(', ');
  return [h('div.top', h('div', h('h1', { tabindex: -1 }, HEADING), state && h('p.quiet', ADMIN && [person(), ': '], summary ? `${summary}. Revoking works at once, and is final.` : `${ADMIN ? 'n' : 'N'}o deputies.`)),
    standing.length > 1 && h('div.actions', pauseOrResume('all', '', state.pauses), button('Revoke all', 'revoke_all', 'all', '', { class: 'brake' }))), answer('all')];
}

function pauseOrResume(place, about, causes) {
  const mine = causes.includes(MINE);
  if (mine && state.session.impersonated) return;
  return button((mine ? 'Resume' : 'Pause') + (place === 'all' ? ' all' : ''), mine ? 'resume' : 'pause', place, about, { key: 'pause' });
}

function userForm() {
  return h('form.sheet.top', { 'data-form': 'user' }, h('label.field', 'WorkOS user id', h('input', { name: 'user', value: user, required: '', placeholder: 'user_…', autocomplete: 'off' })), h('button.primary', 'Show'));
}

function notices() {
  const warn = (key, ...what) => h('p.warning', { key }, what);
  return [
    line === 'signed out' && warn('out', 'You are signed out here. Your deputies go on within their bounds. ', h('a', { href: signIn() }, 'Sign in')),
    state.session.impersonated && warn('other', 'Somebody else is signed in as this person, and can only look, refuse, pause and revoke.'),
    state.pauses.map((cause) => warn(cause, h('strong', 'All deputies stand still. '), (PAUSES[cause] ?? words(cause)).replaceAll(' it', ' them'))),
  ];
}

function columns() {
  // Always in the same order, so that no other button comes under a finger.
  const deputies = state.deputies.filter(({ ended, grant }) => !ended || seen.has(grant)).sort((a, b) => b.since - a.since);
  const ended = state.deputies.filter((deputy) => !deputies.includes(deputy));
  const first = ({ id }) => Number(id === ASKED);
  const asked = state.approvals.filter((approval) => waits(approval) || seen.has(approval.id) || first(approval)).sort((a, b) => first(b) - first(a) || a.asked_at - b.asked_at);
  const earlier = state.approvals.filter((approval) => !asked.includes(approval));
  const group = (title, list, one) => list.length > 0 && h('details.sheet', { key: title }, h('summary', h('h2', title), ' ', h('span.quiet', number(list.length))), list.map(one));
  return h(ADMIN ? 'div' : 'div.columns',
    h('div', { key: 'now' },
      asked.length > 0 && h('section', { key: 'asked' }, h('h2', asked.some(waits) ? 'Waiting for you' : 'Answered'), asked.map(question)),
      ASKED && !state.approvals.some(first) && h('p.warning', { key: 'lost', tabindex: -1 }, 'What you were asked here waits no longer. Your client can ask again.'),
      h('section', { key: 'deputies' }, h('h2.unseen', 'Deputies'), deputies.length ? deputies.map(card) : nobody())),
    !ADMIN && trailSheet(),
    h('div', { key: 'rest' },
      group('Ended', ended, (deputy) => h('details', { key: deputy.grant }, h('summary', name(deputy.client.name), h('span.quiet', ` ${why(deputy.ended)}, `, time(deputy.ended.at))),
        h('p', deputy.sentence ?? ''), answer(deputy.grant), receipt(deputy))),
      group('Earlier approvals', earlier, (approval) => h('p', { key: approval.id }, name(approval.client), `: ${approval.title}. `, h('span.quiet', `${OUTCOMES[approval.state]}, asked `, time(approval.asked_at)))),
      !ADMIN && [ceilings(), erasure()]));
}

function nobody() {
  return h('div.sheet', { key: 'nobody' }, h('h3', 'No deputies'), !ADMIN && [h('p', 'Give this address to an AI client. It opens your browser, and you decide what it may do.'),
    h('p.address', h('code', `${location.origin}/mcp`)), h('p', h('a', { href: '/' }, 'How to connect a client'))]);
}

function question(approval) {
  const { id, client, title, what, asked_at, expires_at } = approval;
  const open = waits(approval);
  return h(open ? 'article.sheet.asks' : 'article.sheet', { key: id },
    h('h3', { tabindex: -1 }, name(client), ` asks: ${title}`),
    h('dl', what.map(([term, value]) => [h('dt', name(term)), h('dd', name(value))])),
    open && h('div.actions.even', mayGrant() && button('Approve', 'approve', id, `${title}, ${client}`), button('Refuse', 'refuse', id, `${title}, ${client}`)),
    answer(id),
    h('p.quiet', open ? ['Asked ', time(asked_at), ', ends ', time(expires_at), '. Your yes counts once, for exactly this.'] : `${OUTCOMES[approval.state]}. ${approval.state === 'approved' ? 'Your client can go on now.' : ''}`));
}

function card(deputy) {
  const { grant, client, bounds, ended, pauses = [] } = deputy;
  const edits = editing.has(grant) && !ended;
  const look = standsStill(deputy) ? 'paused' : deputy.state;
  return h('article.sheet', { key: grant },
    h('div.top', h('div', h('h3', { tabindex: -1 }, name(client.name), ' ', h(`span.badge.${look}`, capital(look))), client.host && h('p.quiet', name(client.known_by), ' · ', name(client.host))),
      !ended && h('div.actions', mayGrant() && button('Change bounds', 'edit', grant, `of ${client.name}`, { 'aria-expanded': `${edits}` }),
        !state.pauses.includes(MINE) && pauseOrResume(grant, client.name, pauses), button('Revoke', 'revoke', grant, client.name, { class: 'brake' }))),
    pauses.map((cause) => !state.pauses.includes(cause) && h('p.warning', { key: cause }, `Stands still. ${PAUSES[cause] ?? words(cause)}`)),
    deputy.sentence && h('p', { key: 'sentence' }, deputy.sentence),
    edits && editor(deputy), answer(grant), receipt(deputy),
    !ended && !ADMIN && [h('ul.uses', deputy.use.map(use)), charts(deputy)],
    h('small.quiet', { key: 'since' }, 'Since ', time(deputy.since), !ADMIN && (deputy.last_used ? [' · last used ', time(deputy.last_used)] : ' · never used'), !ended && bounds?.expires_at && [' · ends ', time(bounds.expires_at)]));
}

/** What is used up of a limit. */
function use({ measure, per, most, used, reserved, frees_at }) {
  const title = `${heading(measureOf(measure))} ${PER[per]}`;
  const numbers = per === 'action' ? `at most ${amount(measure, most)}` : `${measureOf(measure).unit === 'money' ? amount(measure, used) : number(used)} of ${amount(measure, most)}`;
  const bar = (n, look) => h(look, { d: `M0 0h${most ? Math.min(100, (n / most) * 100) : 100}v1H0z` });
  return h(used + reserved >= most ? 'li.full' : 'li', { key: measure + per }, h('span', title), h('span', numbers), per !== 'action' && [
    h('div.meter', { role: 'meter', 'aria-label': title, 'aria-valuemin': 0, 'aria-valuemax': most || 1, 'aria-valuenow': Math.min(used, most), 'aria-valuetext': numbers },
      h('svg', { viewBox: '0 0 100 1', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, bar(used + reserved, 'path.held'), bar(used, 'path'))),
    h('small.quiet', reserved > 0 && `${amount(measure, reserved)} held for what is under way. `, used * 2 >= most && frees_at && ['More ', time(frees_at), '.'])]);
}

function charts({ activity: { from, bucket, ...series } }) {
  return h('div.charts', Object.entries(series).map(([what, values]) => {
    const most = Math.max(...values, 1);
    const bars = values.map((value, i) => (value ? `M${i * 10 + 1} 32v${-Math.max(2, (value / most) * 31)}h8V32z` : '')).join('');
    return h(`figure.${what}`, h('figcaption', h('strong', number(values.reduce((a, b) => a + b, 0))), ` ${COUNTED[what] ?? what} in ${values.length} days`),
      h('svg', { viewBox: `0 0 ${values.length * 10} 32`, preserveAspectRatio: 'none', role: 'img', 'aria-label': `${COUNTED[what] ?? what} per day, ${day(from)} to ${day(from + bucket * (values.length - 1))}: ${values.join(', ')}` }, h('path', { d: bars })));
  }));
}

/** That it ended, and the proof. */
function receipt(deputy) {
  const { grant, ended } = deputy;
  if (!ended) return;
  const { seq } = claims(ended.receipt);
  return h('div', { key: 'receipt' },
    h('p', h('strong', `${capital(why(ended))}, `, time(ended.at), '. '), `Nothing starts ${seq ? `after entry ${seq} of the trail` : 'any more'}. ${ended.in_flight ? `Under way then: ${number(ended.in_flight)}; the trail says how each ended.` : ended.in_flight === 0 ? 'Nothing was under way.' : ''}`),
    elsewhere(deputy),
    ended.receipt && h('details', h('summary', 'Signed receipt'), h('pre', { tabindex: 0 }, ended.receipt), h('div.actions', button('Copy', 'copy', grant), button('Download', 'download', grant))));
}

/** Tokens that somebody else issued are good until their end, though not here. */
function elsewhere({ grant, client, since, live_tokens: lives }) {
  if (!lives) return;
  const newer = state.deputies.some((other) => other.client.name === client.name && other.since > since);
  return h('div', { key: 'elsewhere' }, h('p.quiet', 'No token of it is good here any more. ', lives.own > now() && ['Elsewhere its token may be good until it ends, ', time(lives.own), '. '],
      lives.exchanged > now() && ['The one for the API behind ends ', time(lives.exchanged), '.']),
    mayGrant() && !newer && h('div.actions', button('Allow again', 'allow_again', grant, client.name)));
}

/** What a JWS says; nothing is decided by it. */
function claims(jws) {
  try {
    return JSON.parse(atob(jws.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')));
  } catch {
    return {};
  }
}

function ceilings() {
  const edits = editing.has('ceilings');
  return h('section.sheet', { key: 'ceilings' },
    h('div.top', h('h2', { tabindex: -1 }, 'Limits over all deputies'), mayGrant() && button('Change', 'edit', 'ceilings', 'the limits over all deputies', { 'aria-expanded': `${edits}` })),
    state.ceilings.length ? h('ul', state.ceilings.map(({ measure, most, per }) => h('li', `At most ${amount(measure, most)} ${PER[per]}`))) : h('p.quiet', 'None: each deputy has its own only.'),
    edits && h('form.editor', { 'data-own': '', novalidate: '', 'data-form': 'ceilings' }, fields(state.ceilings), saveOrNot('ceilings')), answer('ceilings'));
}

function erasure() {
  return h('details.sheet', { key: 'erase' }, h('summary', h('h2', 'Erase personal details')),
    h('p', 'This takes the arguments (names, addresses, sizes) out of the audit trail for good and, for all deputies, company and address out of your orders. What was done, when and by whom stays, and so does the proof.'),
    h('form.top', { 'data-form': 'erase' }, h('label.field', 'Of', h('select', { name: 'grant' }, h('option', { value: '' }, 'all deputies'), deputyOptions())), h('button.brake', 'Erase for good')), answer('erase'));
}

const deputyOf = (wanted) => state.deputies.find(({ grant }) => grant === wanted);
const deputyOptions = () => state.deputies.map(({ grant, client, ended }) => h('option', { value: grant, key: grant }, client.name + (ended ? ' (ended)' : '')));

// --- Changing bounds ---

function editor({ grant, client, scopes, bounds }) {
  const box = (field, label, value, checked) => h('label', h('input', { type: 'checkbox', name: field, value, checked: checked && '' }), label);
  return h('form.editor', { 'data-own': '', novalidate: '', 'data-form': 'bounds', 'data-place': grant, 'aria-label': `Bounds of ${client.name}` },
    h('fieldset', h('legend', 'Start from'), state.presets.filter((preset) => preset.scopes.every((scope) => scopes.includes(scope))).map((preset) => button(preset.title, 'preset', preset.name, '', { title: preset.about }))),
    state.scopes.filter((scope) => scopes.includes(scope.name)).map((scope) => h('fieldset', h('legend', `To ${scope.allows}`),
      state.tools.filter((tool) => tool.scope === scope.name).map((tool) => box('tool', tool.title, tool.name, !bounds.tools || bounds.tools.includes(tool.name))))),
    fields(bounds.limits, bounds.ask_above),
    h('fieldset', h('legend', 'Until'), h('select', { name: 'expires', 'aria-label': 'Until' }, h('option', { value: bounds.expires_at ?? '' }, bounds.expires_at ? `as before, ${relative(bounds.expires_at)}` : 'you take it back'),
      Object.entries(EXPIRIES).map(([text, length]) => h('option', { value: `+${length}` }, `${text} from now`))), box('until_sign_out', 'or until I sign out', 1, bounds.until_sign_out)),
    h('p.advice.preview', { role: 'status' }), saveOrNot(grant));
}

const saveOrNot = (place) => h('div.actions.even', h('button', 'Save'), button('Cancel', 'edit', place));

/** @param {any} list limits, or what to ask above */
const chosen = (list, measure, per) => {
  const { most, amount } = list.find((each) => each.measure === measure && each.per === per) ?? {};
  return most ?? amount;
};

/** Fields for each measure: for the usual periods, and for any that is in use, so that saving loses no limit. Without `asks` they are for all deputies together: nothing is asked, calls have no limit. */
function fields(limits, /** @type {Ask[] | void} */ asks) {
  return state.measures.map((measure) => {
    const { name, digits } = measure;
    const usual = name === 'calls' ? asks && ['minute', 'hour'] : ['day', 'week', 'month', asks && 'action'];
    const periods = Object.keys(PER).filter((per) => usual?.includes(per) || [limits, ...state.presets.map((preset) => (asks ? preset.limits : []))].some((list) => chosen(list, name, per) !== undefined));
    const field = (label, value, per) => h('label.field', label, h('input', { inputmode: 'decimal', autocomplete: 'off', value: plain(value, digits), 'data-measure': name, 'data-per': per }));
    return periods.length > 0 && h('fieldset.fields', h('legend', heading(measure), h('span.quiet', asks ? ', at most (all empty: none)' : ', at most (all empty: no limit)')),
      periods.map((per) => field(PER[per], chosen(limits, name, per), per)),
      asks && name !== 'calls' && field('ask me above', chosen(asks, name)));
  });
}

/** The bounds that a form says, or false. */
function read(form) {
  /** @type {any} */
  const bounds = { tools: null, limits: [], ask_above: [], expires_at: null };
  for (const input of all('[data-measure]', form)) {
    const { measure, per } = input.dataset;
    const { digits } = measureOf(measure);
    // In the smallest unit, without a detour through fractions.
    const [typed, whole, part = ''] = input.value.trim().match(/^(\d{1,12})(?:[.,](\d+))?$|^$/) ?? [];
    input.setCustomValidity(typed === undefined || part.length > digits ? (digits ? 'An amount such as 50 or 19.90' : 'A whole number such as 3') : '');
    const n = Number(whole + part.padEnd(digits, '0'));
    if (typed) per ? bounds.limits.push({ measure, most: n, per }) : bounds.ask_above.push({ measure, amount: n });
  }
  const given = new FormData(form);
  const tools = given.getAll('tool').map(String);
  // "Every tool" stays that only where it was, or where a preset says so: all of today's are not those of tomorrow.
  const every = form.dataset.every ?? !deputyOf(form.dataset.place)?.bounds.tools;
  if (!every || tools.length < all('[name=tool]', form).length) bounds.tools = tools;
  const expires = String(given.get('expires') ?? '');
  if (expires) bounds.expires_at = Number(expires) + (expires[0] === '+' ? now() : 0);
  bounds.until_sign_out = given.has('until_sign_out');
  return form.checkValidity() && bounds; // not valid: the browser says where
}

function applyPreset(form, wanted) {
  const preset = /** @type {Preset} */ (state.presets.find((each) => each.name === wanted));
  for (const input of all('[data-measure]', form)) {
    const { measure, per } = input.dataset;
    input.value = plain(chosen(per ? preset.limits : preset.ask_above, measure, per), measureOf(measure).digits);
  }
  for (const box of all('[name=tool]', form)) box.checked = preset.scopes.includes(state.tools.find((tool) => tool.name === box.value)?.scope ?? '');
  form.dataset.every = true;
  preview(form);
}

let previewing;
/** Shows the sentence that would stand in the grant. */
function preview(form) {
  clearTimeout(previewing);
  previewing = setTimeout(async () => {
    const bounds = read(form);
    const { sentence } = bounds && (await ask('/authority/act', { do: 'sentence', grant: form.dataset.place, bounds }));
    find('.preview', form).textContent = sentence ?? '';
  }, 250);
}

// --- The audit trail ---

const filters = () => new URLSearchParams(all('.trail select').map((select) => [select.name, select.value]));

function trailSheet() {
  const { head, kinds } = state.audit;
  const filter = (label, name, options) => h('label.field', label, h('select', { name }, h('option', { value: '' }, 'All'), options));
  return h('section.sheet.trail', { key: 'trail' },
    h('div.top', h('h2', { tabindex: -1 }, 'Audit trail'), button('Export', 'export', 'trail', 'the audit trail')), answer('trail'), answer('export'),
    h('div.fields', filter('Deputy', 'grant', deputyOptions()), filter('Kind', 'kind', kinds.map((kind) => h('option', { value: kind }, capital(words(kind)))))),
    h('ol', { 'data-own': '' }), !trail.entries.length && h('p.quiet', { key: 'none' }, 'Nothing yet.'), trail.more && button('Load more', 'more', 'trail'),
    trail.archived && h('p.quiet', { key: 'archived' }, 'Older entries are in the archive: the export has all of them.'),
    head.seq > 0 && h('p.quiet', { title: head.hash }, h('small', `${number(head.seq)} entries, each sealed together with the one before.`)));
}

/** The newest entries, or those before `before`. */
async function readTrail(before) {
  const wanted = filters();
  const head = state.audit.head.seq;
  const page = await ask(`/authority/audit?limit=25${before ? `&before=${before}` : ''}&${wanted}`);
  if (`${wanted}` !== `${filters()}`) return;
  if (page.error) fault('trail', page.error);
  else {
    told.delete('trail');
    // Where the newest do not reach down to what is here, there would be a hole: begin anew.
    const joins = before || page.entries.some(({ seq }) => seq <= trail.entries[0]?.seq);
    const entries = new Map([...(joins ? trail.entries : []), ...page.entries].map((entry) => [entry.seq, entry]));
    const { more, archived } = before || !joins ? page : trail;
    trail = { entries: [...entries.values()].sort((a, b) => b.seq - a.seq), more, archived, head };
  }
  render();
  arrange(find('.trail ol'), trail.entries.map(row));
}

function readTrailAnew() {
  trail = { entries: [], more: false };
  rows.clear();
  return readTrail();
}

/** @param {Entry} entry */
function row({ seq, hash, client, outcome, text, at }) {
  if (rows.get(seq)?.dataset.hash !== hash) {
    const unusual = outcome && !['done', 'allowed'].includes(outcome);
    rows.set(seq, h('li', { 'data-hash': hash }, h('details', { 'data-seq': seq }, h('summary', h('span', unusual && [h(`span.badge.${outcome}`, capital(words(outcome))), ' '], client && [h('strong', name(client)), ' '], text), h('span.quiet', time(at))))));
  }
  return rows.get(seq);
}

/** The rest of an entry, for whoever wants to see it. */
function unfold(details) {
  const entry = trail.entries.find(({ seq }) => seq === Number(details.dataset.seq));
  if (!entry || details.childElementCount > 1) return;
  const { seq, kind, reason, client, tool, hash } = entry;
  const facts = { Entry: seq, Kind: words(kind), Reason: words(reason), Deputy: client, Tool: tool, Arguments: entry.arguments ? JSON.stringify(entry.arguments, null, 1) : tool && 'private, or erased', Hash: hash };
  details.append(h('dl', Object.entries(facts).filter(([, fact]) => fact).map(([term, fact]) => [h('dt', term), h('dd', name(fact))])), h('pre', { tabindex: 0, 'aria-label': 'The whole entry' }, JSON.stringify(entry.raw, null, 1)));
}

async function exportTrail() {
  const parts = [];
  for (let after = /** @type {string | null} */ ('0'); after; ) {
    const part = await call(`/authority/export?after=${after}`);
    if (!part.ok) throw new Error((await json(part)).error.message);
    parts.push(await part.blob());
    after = part.headers.get('X-Next-After');
  }
  download('audit.ndjson', parts);
}

function download(file, parts) {
  const href = URL.createObjectURL(new Blob(parts));
  h('a', { href, download: file }).click();
  setTimeout(URL.revokeObjectURL, MINUTE, href);
}

// --- The server ---

/** `body` is posted. @param {string} path @param {object} [body] */
function call(path, body) {
  return fetch(path, body && { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-CSRF': state.session.csrf }, body: JSON.stringify(body) }).catch(() => new Response(null, { status: 503 }));
}

/** @param {Response} response @returns {Promise<any>} with an `error` where there was one */
async function json(response) {
  const said = await response.json().catch(() => ({}));
  return response.ok || said.error ? said : { error: { message: `The server did not answer (${response.status}). Try again.` } };
}

const ask = async (/** @type {string} */ path, /** @type {object} */ body = undefined) => json(await call(path, body));

async function load() {
  const whose = user;
  const next = await ask(ADMIN ? `/admin/state?user=${encodeURIComponent(user)}` : '/authority/state');
  if (user !== whose) return;
  const code = next.error?.code;
  if (code === 'signed_out' && state) line = 'signed out';
  else if (code === 'signed_out' || code === 'sign_in_again') return location.assign(signIn());
  else if (next.error) fault('page', next.error);
  else if (!(next.now < state?.now)) {
    ahead = (next.now ?? Date.now()) - Date.now();
    told.delete('page');
    const before = state;
    // The administrator is told less.
    state = { pauses: [], approvals: [], ...next };
    if (line === 'signed out') listen();
    if (before) compare(before);
    else if (ASKED) setTimeout(() => find(`[data-key="${CSS.escape(ASKED)}"] [tabindex="-1"], [data-key=lost]`)?.focus());
  }
  render();
}

/** Tells those who do not see it what is new. */
function compare(before) {
  for (const { id, client, title } of state.approvals.filter(waits)) if (!before.approvals.some((known) => known.id === id)) announce(`${client} asks: ${title}`);
  for (const { grant, client, ended } of state.deputies) {
    const was = before.deputies.find((deputy) => deputy.grant === grant);
    if (!ended || !was || was.ended) continue;
    seen.add(grant);
    announce(`${client.name} is no deputy any more: ${why(ended)}.`);
  }
  if (state.pauses.length > before.pauses.length) announce('All deputies stand still.');
}

function announce(text) {
  find('#live').textContent = text;
}

let refreshing = false;
let again = false;
/** Looks what is new. A busy deputy changes things many times a second: the page looks once in a while, and after the last. */
async function refresh() {
  again = true;
  if (refreshing) return;
  refreshing = true;
  while (again) {
    again = false;
    await load();
    if (!ADMIN && state && state.audit.head.seq !== trail.head) await readTrail();
    await new Promise((resolve) => setTimeout(resolve, 700));
  }
  refreshing = false;
}

function listen() {
  line = 'connecting';
  const source = new EventSource('/authority/events');
  const turn = (to) => {
    line = to;
    render();
  };
  source.onopen = () => {
    turn('live');
    refresh();
  };
  source.onerror = async () => {
    turn('connecting');
    // The browser tries again by itself, but not after an error of the server.
    if (source.readyState !== EventSource.CLOSED) return;
    await load();
    if (line !== 'signed out') setTimeout(listen, 5 * SECOND);
  };
  source.addEventListener('change', refresh);
  source.addEventListener('ended', () => {
    source.close();
    turn('signed out');
    announce('You are signed out here.');
  });
}

// --- What the human does ---

/** Does it, and shows at `place` what came of it. */
async function act(place, body) {
  const under = `${place} ${body.do}`;
  if (busy.has(under)) return;
  busy.add(under);
  told.delete(place);
  render();
  const { error } = await ask(ADMIN ? '/admin/act' : '/authority/act', ADMIN ? { user, ...body } : body);
  busy.delete(under);
  if (error?.code === 'signed_out' || error?.code === 'sign_in_again') {
    // Not away from what somebody has typed.
    if (!editing.size) return location.assign(signIn(body.do === 'approve' ? `/authority/approvals/${place}` : here()));
    told.set(place, { text: 'This takes a fresh sign-in. Then try again here.', bad: true, signIn: true });
  } else if (error) {
    fault(place, error);
  } else {
    editing.delete(place);
    seen.add(place);
    announce(SAID[body.do] ?? '');
    if (/_all|bounds|ceil|erase/.test(body.do)) told.set(place, { text: SAID[body.do] });
    if (body.do === 'erase') readTrailAnew();
  }
  await load();
}

const receiptOf = (place) => deputyOf(place)?.ended?.receipt ?? '';

/** What buttons do that do not go to the server with it. */
const DEEDS = {
  edit(_, place) {
    told.delete(place);
    if (!editing.delete(place)) editing.add(place);
    render();
    find(`[data-place="${CSS.escape(place)}"]${editing.has(place) ? ' :is(button, input)' : '[data-do=edit]'}, [data-form=${CSS.escape(place)}] input`)?.focus();
  },
  preset: (button, place) => applyPreset(button.form, place),
  more: () => readTrail(trail.entries.at(-1)?.seq),
  async export() {
    await exportTrail().then(() => told.delete('export'), (error) => fault('export', error));
    render();
  },
  async sign_out() {
    const { error } = await ask('/authority/sign-out', {});
    if (!error) return location.assign('/');
    fault('page', error);
    render();
  },
  copy: (_, place) => navigator.clipboard.writeText(receiptOf(place)).then(() => announce('Copied.')),
  download: (_, place) => download(`receipt-${place}.jws`, [receiptOf(place)]),
};

desk.addEventListener('click', ({ target }) => {
  const pressed = target.closest('[data-do]');
  if (!pressed) return;
  const { do: todo, place } = pressed.dataset;
  if (DEEDS[todo]) DEEDS[todo](pressed, place);
  else act(place, { do: todo, [/approve|refuse/.test(todo) ? 'id' : 'grant']: place === 'all' ? undefined : place });
});

desk.addEventListener('submit', (event) => {
  const form = event.target;
  const { form: what, place } = form.dataset;
  if (!what) return;
  event.preventDefault();
  if (what === 'user') {
    user = form.elements.user.value.trim();
    history.replaceState(null, '', `?user=${encodeURIComponent(user)}`);
    state = /** @type {any} */ (undefined);
    load();
  } else if (what === 'erase') {
    act(what, { do: what, grant: form.elements.grant.value || undefined });
  } else {
    const bounds = read(form);
    if (!bounds) form.reportValidity();
    else if (what === 'bounds') act(place, { do: what, grant: place, bounds });
    else act(what, { do: what, limits: bounds.limits });
  }
});

desk.addEventListener('input', ({ target }) => target.form?.dataset.form === 'bounds' && preview(target.form));
desk.addEventListener('change', ({ target }) => target.closest('.trail select') && readTrailAnew());
desk.addEventListener('toggle', ({ target }) => target.dataset.seq && unfold(target), true);
document.addEventListener('visibilitychange', () => document.hidden || refresh());

setInterval(() => {
  for (const element of all('[data-at]', desk)) lay(element.firstChild, new Text(relative(Number(element.dataset.at))));
  if (all('.asks').length !== (state?.approvals.filter(waits).length ?? 0)) render(); // somebody's time is over
}, SECOND);

if (!ADMIN) listen();
if (!ADMIN || user) refresh();
else render();
