/** What the server says to the authority page (authority.js). */

type Instant = number;

interface Limit {
  measure: string;
  most: number;
  per: 'action' | 'minute' | 'hour' | 'day' | 'week' | 'month';
}

interface Ask {
  measure: string;
  amount: number;
}

interface Bounds {
  /** Nothing: every tool within the granted scopes, those of tomorrow too. */
  tools: string[] | null;
  limits: Limit[];
  ask_above: Ask[];
  expires_at: Instant | null;
  until_sign_out: boolean;
}

interface Measure {
  name: string;
  unit: 'count' | 'money';
  one: string;
  many: string;
  digits: number;
}

interface Tool {
  name: string;
  title: string;
  scope: string;
}

interface Preset {
  name: string;
  title: string;
  about: string;
  scopes: string[];
  limits: Limit[];
  ask_above: Ask[];
}

interface Deputy {
  grant: string;
  client: { name: string; known_by: string; host: string };
  since: Instant;
  last_used: Instant | null;
  state: 'active' | 'paused' | 'revoked' | 'expired' | 'replaced';
  pauses: string[];
  ended: { at: Instant; reason: string; receipt: string; in_flight: number } | null;
  /** Where somebody else issues the tokens: until when those of this deputy are good elsewhere, 0 for never. */
  live_tokens?: { own: Instant; exchanged: Instant };
  scopes: string[];
  bounds: Bounds;
  sentence: string;
  use: (Limit & { used: number; reserved: number; frees_at: Instant | null })[];
  activity: { from: Instant; bucket: number; calls: number[]; effects: number[]; denials: number[] };
}

interface Approval {
  id: string;
  client: string;
  title: string;
  what: [string, string][];
  asked_at: Instant;
  expires_at: Instant;
  state: 'waiting' | 'approved' | 'refused' | 'used' | 'expired';
}

interface State {
  now: Instant;
  person: { name: string; email: string };
  session: { impersonated: boolean; admin: boolean; csrf: string };
  measures: Measure[];
  tools: Tool[];
  scopes: { name: string; allows: string }[];
  presets: Preset[];
  pauses: string[];
  ceilings: Limit[];
  deputies: Deputy[];
  approvals: Approval[];
  audit: { head: { seq: number; hash: string }; kinds: string[] };
}

interface Entry {
  seq: number;
  at: Instant;
  kind: string;
  client: string | null;
  tool: string | null;
  outcome: string;
  reason: string;
  text: string;
  arguments: unknown;
  raw: unknown;
  hash: string;
}

interface Failure {
  error: { code: string; message: string };
}
