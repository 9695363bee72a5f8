// SPDX-License-Identifier: Apache-2.0
// X's official client, which bears a token, and another that signs by OAuth 1.0a and speaks TLS only: run.sh makes a
// certificate for the small proxy that stands before the sandbox here.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { after, test } from 'node:test';
import { Client } from '@xdevplatform/xdk';
import { TwitterApi } from 'twitter-api-v2';
import { start } from './sandbox.js';

const brand = '1500000000000000001';
const rita = '1600000000000000002';
const pair = `${brand}-${rita}`;
const { ready, say, quirks, said, stop } = await start('x.toml');
after(stop);

/** Takes TLS off and hands on; gives the address. */
async function tls() {
  const { port } = new URL(ready.urls.x);
  const files = { cert: readFileSync(process.env.TLS_CERT), key: readFileSync(process.env.TLS_KEY) };
  const server = https.createServer(files, (request, response) => {
    const headers = { ...request.headers, 'x-forwarded-proto': 'https' };
    const options = { port, method: request.method, path: request.url, headers };
    request.pipe(
      http.request(options, (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      }),
    );
  });
  await new Promise((resolve) => server.listen(0, 'localhost', resolve));
  after(() => (server.closeAllConnections(), server.close()));
  return `https://localhost:${server.address().port}/2/`;
}

test('xdk: sends, lists, is refused', { timeout: 30000 }, async () => {
  const client = new Client({ accessToken: `${brand}-tok`, baseUrl: ready.urls.x });
  const { directMessages, users, posts } = client;
  await assert.rejects(directMessages.createByParticipantId(rita, { text: 'too early' }), { status: 403 });
  await say('acme-x', { say: 'where is my order?' });
  const sent = await directMessages.createByParticipantId(rita, { text: 'On its way' });
  assert.equal(sent.data.dmConversationId, pair);
  await directMessages.createByConversationId(pair, { text: 'It is there' });
  const listed = await directMessages.getEvents();
  assert.deepEqual(
    listed.data.map((event) => event.text),
    ['It is there', 'On its way', 'where is my order?'],
  );
  assert.equal((await users.getMe()).data.id, brand);
  const mention = (await say('acme-x', { mention: 'help' })).items[0].key;
  const reply = { text: 'Sorry!', reply: { in_reply_to_tweet_id: mention } };
  assert.match((await posts.create(reply)).data.id, /^\d+$/);
});

test('twitter-api-v2: signs, sends, pages, is refused', { timeout: 30000 }, async () => {
  const keys = { appKey: 'ckey', appSecret: 'csec', accessToken: `${brand}-tok`, accessSecret: 'tsec' };
  const client = new TwitterApi(keys).v2;
  const prefix = await tls();
  client.setPrefix(prefix);
  await say('acme-x', { say: 'and where is the other one?' });
  const sent = await client.sendDmToParticipant(rita, { text: 'In the post & on its way ü' });
  assert.equal(sent.data.dm_conversation_id, pair);
  await client.sendDmInConversation(pair, { text: 'It is there, too' });
  const group = { conversation_type: 'Group', participant_ids: [rita, '7'], message: { text: 'welcome' } };
  assert.match((await client.createDmConversation(group)).data.dm_conversation_id, /^\d+$/);
  const page = await client.listDmEvents({ max_results: 2, event_types: ['MessageCreate'] });
  assert.deepEqual(
    page.events.map((event) => event.text),
    ['welcome', 'It is there, too'],
  );
  await page.fetchNext();
  assert.equal(page.events[2].text, 'In the post & on its way ü');
  const comment = (await say('acme-x', { comment: 'nobody called' })).items[0].key;
  const refused = (code, words) => (error) => error.code === code && error.data.detail.includes(words);
  await assert.rejects(client.reply('Sorry!', comment), refused(403, 'mentioned or otherwise engaged'));
  await assert.rejects(client.sendDmToParticipant(rita, { text: '' }), refused(400, 'text or attachments'));
  await quirks('acme-x', { script: ['rate_limit'], retry_after: 7 });
  await assert.rejects(
    client.sendDmToParticipant(rita, { text: 'x' }),
    (error) => error.code === 429 && error.rateLimit.limit === 15 && error.rateLimit.remaining === 0,
  );
  const forged = new TwitterApi({ ...keys, appSecret: 'another' }).v2;
  forged.setPrefix(prefix);
  await assert.rejects(forged.sendDmToParticipant(rita, { text: 'x' }), { code: 401 });
  assert.equal((await said('acme-x')).at(-2), 'It is there, too');
});
