// A connector that shares no line with preflight: it knows the platform's pages, a stock HTTP
// client with its own retries (got), a queue that keeps to a rate (p-queue) and a JWT library
// (jose). It is started by `preflight observe --connector 'node connector.mjs'`.

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import process from 'node:process';

import got from 'got';
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import PQueue from 'p-queue';

const setting = (name) => {
  const value = process.env[`PREFLIGHT_${name}`];
  if (!value) throw new Error(`PREFLIGHT_${name} is not set`);
  return value;
};

const api = setting('API_URL');
const caFile = process.env.PREFLIGHT_CA_FILE;
const certificateAuthority = caFile ? readFileSync(caFile) : undefined;

// Which accounts this bank does not know.
const UNKNOWN_ACCOUNTS = new Set(['00000000']);
const RETRIES = 7;
const RETRIED = new Set([429, 500, 502, 503, 504]);

// Nine requests a second, one at a time: below the ten that are agreed.
const pace = new PQueue({ interval: 112, intervalCap: 1 });
// No request leaves before this moment: the platform asked for it.
let heldUntil = 0;

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const turn = async () => {
  await pace.add(async () => {
    while (Date.now() < heldUntil) await sleep(heldUntil - Date.now());
  });
};

// RFC 9110 §10.2.3: seconds or a date; anything else says nothing.
const hint = (headers) => {
  const value = headers['retry-after'];
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const moment = Date.parse(value);
  return /GMT$/.test(value) && !Number.isNaN(moment)
    ? Math.max(0, moment - Date.now()) + 1000
    : undefined;
};

const retry = {
  limit: RETRIES,
  methods: ['GET', 'POST', 'PATCH'],
  calculateDelay: ({ attemptCount, error, computedValue }) => {
    // A hook asked for it.
    if (error.code === 'ERR_RETRYING') return computedValue;
    // An answer that broke off is no answer, whatever its status.
    const response = error.code === 'ERR_NON_2XX_3XX_RESPONSE' ? error.response : undefined;
    if (attemptCount > RETRIES || (response && !RETRIED.has(response.statusCode))) return 0;
    const asked = response ? hint(response.headers) : undefined;
    const own = Math.min(32_000, 1000 * 2 ** (attemptCount - 1)) * (0.75 + Math.random() / 2);
    const delay = asked === undefined ? own : Math.max(asked, 1) + 20;
    if (response?.statusCode === 429) heldUntil = Math.max(heldUntil, Date.now() + delay);
    return delay;
  },
};

const client = got.extend({
  retry,
  timeout: { request: 30_000 },
  https: { certificateAuthority },
  throwHttpErrors: true,
});

let token;
const fetchToken = async () => {
  const answer = await client
    .post(setting('TOKEN_URL'), {
      json: {
        grant_type: 'client_credentials',
        client_id: setting('CLIENT_ID'),
        client_secret: setting('CLIENT_SECRET'),
        audience: setting('AUDIENCE'),
      },
      hooks: { beforeRequest: [turn] },
    })
    .json();
  const lifetime = (answer.expires_in ?? 60) * 1000;
  const spare = Math.min(30_000, lifetime / 5);
  return { text: answer.access_token, until: Date.now() + lifetime - spare };
};

// One request for a token at a time; whoever comes meanwhile waits for it.
const currentToken = async () => {
  token ??= fetchToken().catch((error) => {
    token = undefined;
    throw error;
  });
  const known = await token;
  if (Date.now() < known.until) return known.text;
  token = undefined;
  return currentToken();
};

const platform = client.extend({
  prefixUrl: api,
  hooks: {
    beforeRequest: [
      async (options) => {
        await turn();
        options.headers.authorization = `Bearer ${await currentToken()}`;
        options.headers['x-fapi-interaction-id'] = randomUUID();
        options.headers['x-api-key'] = setting('API_KEY');
        options.headers['x-application'] = setting('APPLICATION');
      },
    ],
    afterResponse: [
      (response, retryWithMergedOptions) => {
        if (response.statusCode !== 401 || response.request.options.context.refreshed) {
          return response;
        }
        token = undefined;
        return retryWithMergedOptions({ context: { refreshed: true } });
      },
    ],
  },
  mutableDefaults: false,
});

const read = (path) => platform.get(path).json().then((body) => body.data);
const update = (path, data) => platform.patch(path, { json: { data } });
const tell = (kind, subscriptionId, data) =>
  platform.post(`api-provider-msg-v1/${kind}`, { json: { subscriptionId, data } });

const now = () => new Date().toISOString();

const subscribe = async (id) => {
  const path = `api-provider-v1/subscriptions/${id}`;
  const subscription = await read(path);
  if (subscription.status !== 'Received') return;
  await update(path, {
    status: 'AwaitingAuthorisation',
    links: {
      authorise: { href: `https://bank.example/authorise/${id}` },
      authoriseIssuedAt: now(),
      authoriseExpiresAt: new Date(Date.now() + 20 * 60_000).toISOString(),
    },
  });
  await update(path, { status: 'Authorised' });
};

const isKnown = (payment) => {
  const account = payment.creditor?.bankAccount?.accountNumber;
  return !UNKNOWN_ACCOUNTS.has(account);
};

const pay = async (id) => {
  const path = `api-provider-v1/batchpayments/${id}`;
  const batch = await read(path);
  if (batch.status !== 'Received') return;
  await update(path, { defaultStatus: 'Processing' });
  const payments = batch.payments.map((payment) =>
    isKnown(payment)
      ? { paymentId: payment.paymentId, status: 'Completed', paymentCompletedDate: now() }
      : { paymentId: payment.paymentId, status: 'Failed' },
  );
  const paid = payments.filter((payment) => payment.status === 'Completed').length;
  const status =
    paid === payments.length ? 'Completed' : paid === 0 ? 'Failed' : 'PartiallyCompleted';
  await update(path, { status, payments });
};

const ANSWERS = {
  debtoraccountputs: ['debtoraccountputs', (data) => data],
  debtoraccountlistqueries: [
    'debtoraccountlistqueryresponses',
    () => ({ debtor: { name: 'Example Ltd', remittanceEmail: 'pay@example.com' } }),
  ],
  debtoraccountdeletes: ['debtoraccountdeletes', (data) => data],
  creditorputs: ['creditorputs', (data) => data],
  creditorlistqueries: [
    'creditorlistqueryresponses',
    () => ({ creditor: { name: 'Vendor Ltd', creditorType: 'Organisation' } }),
  ],
  creditordeletes: ['creditordeletes', (data) => data],
};

const answer = async (kind, message) => {
  const [operation, data] = ANSWERS[kind];
  await tell(operation, message.subscriptionId, data(message.data));
};

// What is being done, so that a notification that comes twice is worked on once.
const known = new Map();
const once = (key, work) => {
  if (known.has(key)) return;
  known.set(
    key,
    work().catch((error) => {
      known.delete(key);
      console.error(`${key}: ${error.message}`);
    }),
  );
};

const keys = createRemoteJWKSet(new URL(setting('JWKS_URL')), {
  cacheMaxAge: 3_600_000,
});

const isGenuine = async (request) => {
  const header = setting('NOTIFICATION_HEADER').toLowerCase();
  if (request.headers[header] !== setting('NOTIFICATION_VALUE')) return false;
  const [scheme, bearer] = (request.headers.authorization ?? '').split(' ');
  if (scheme.toLowerCase() !== 'bearer' || !bearer) return false;
  try {
    await jwtVerify(bearer, keys, {
      issuer: setting('ISSUER'),
      algorithms: ['RS256'],
      clockTolerance: 5,
    });
    return true;
  } catch (error) {
    if (error instanceof errors.JOSEError) return false;
    throw error;
  }
};

const receive = async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  if (request.method !== 'POST') return response.writeHead(405).end();
  if (!(await isGenuine(request))) return response.writeHead(401).end();
  let notification;
  try {
    notification = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return response.writeHead(400).end();
  }
  const { resource, message } = notification;
  response.writeHead(201).end();
  if (message) {
    const key = `${resource.type} ${JSON.stringify(message)}`;
    if (resource.type in ANSWERS) once(key, () => answer(resource.type, message));
  } else if (resource.type === 'subscription' && notification.type === 'resourceCreated') {
    once(`subscription ${resource.id}`, () => subscribe(resource.id));
  } else if (resource.type === 'batch') {
    once(`batch ${resource.id}`, () => pay(resource.id));
  }
};

const server = http.createServer((request, response) => {
  receive(request, response).catch((error) => {
    console.error(error.message);
    response.headersSent ? response.end() : response.writeHead(500).end();
  });
});
server.listen(Number(setting('NOTIFICATION_PORT')), '127.0.0.1', () => console.log('ready'));
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
