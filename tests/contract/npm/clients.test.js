// SPDX-License-Identifier: Apache-2.0
// Clients written by others for the real platforms judge whether the sandbox is one.

import assert from 'node:assert/strict';
import http from 'node:http';
import { after, test } from 'node:test';
import { Bot, GrammyError, InputFile } from 'grammy';
import messenger from 'messaging-api-messenger';
import { Markup, Telegraf } from 'telegraf';
import { start, until } from './sandbox.js';

const rita = 6000000001;
const psid = '6712345678901234';
const { ready, say, quirks, said, stop } = await start('scenario.toml');
after(stop);

test('grammy: long polling, replies, buttons', { timeout: 30000 }, async () => {
  const bot = new Bot('7000000001:grammy', { client: { apiRoot: ready.urls.telegram } });
  bot.command('start', (context) =>
    context.reply('Hello', {
      reply_markup: { inline_keyboard: [[{ text: 'Yes', callback_data: 'y' }]] },
    }),
  );
  bot.on('callback_query:data', async (context) => {
    await context.answerCallbackQuery();
    await context.editMessageText(`You chose ${context.callbackQuery.data}`);
  });
  bot.on('message:text', (context) => context.reply(`You said: ${context.message.text}`));
  const running = bot.start();
  await say('grammy', { start: true });
  await until(async () => (await said('grammy')).includes('Hello'));
  await say('grammy', { tap: 'Yes' });
  await until(async () => (await said('grammy')).includes('You chose y'));
  await say('grammy', { say: 'olá' });
  await until(async () => (await said('grammy')).includes('You said: olá'));
  const file = await bot.api.sendDocument(rita, new InputFile(new TextEncoder().encode('hello'), 'a.txt'), {
    caption: 'here',
  });
  const { file_path: path } = await bot.api.getFile(file.document.file_id);
  assert.equal(await (await fetch(`${ready.urls.telegram}/file/bot7000000001:grammy/${path}`)).text(), 'hello');
  await bot.stop();
  await running;
});

test('grammy: refusals are GrammyErrors', { timeout: 30000 }, async () => {
  const { api } = new Bot('7000000001:grammy', { client: { apiRoot: ready.urls.telegram } });
  const refused = (code, words) => (error) =>
    error instanceof GrammyError && error.error_code === code && error.description.includes(words);
  await assert.rejects(api.sendMessage(1, 'x'), refused(400, 'chat not found'));
  await assert.rejects(api.sendMessage(rita, 'x'.repeat(4097)), refused(400, 'message is too long'));
  await quirks('grammy', { script: ['rate_limit'], retry_after: 7 });
  await assert.rejects(
    api.sendMessage(rita, 'x'),
    (error) => refused(429, 'retry after 7')(error) && error.parameters.retry_after === 7,
  );
  await say('grammy', { block: true });
  await assert.rejects(api.sendMessage(rita, 'x'), refused(403, 'bot was blocked by the user'));
});

test('telegraf: webhook with a secret, photo, keyboard', { timeout: 30000 }, async () => {
  const bot = new Telegraf('7000000002:telegraf', { telegram: { apiRoot: ready.urls.telegram } });
  bot.start((context) => context.reply('Size?', Markup.keyboard([['S', 'L']]).oneTime()));
  bot.hears('L', (context) => context.replyWithPhoto({ source: Buffer.from('PNG') }, { caption: 'large' }));
  const server = http.createServer(bot.webhookCallback('/hook', { secretToken: 'sec-1' }));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  await bot.telegram.setWebhook(`http://127.0.0.1:${server.address().port}/hook`, { secret_token: 'sec-1' });
  assert.equal((await bot.telegram.getWebhookInfo()).pending_update_count, 0);
  await say('telegraf', { start: true, wait: true });
  await until(async () => (await said('telegraf')).includes('Size?'));
  await say('telegraf', { tap: 'L' });
  await until(async () => (await said('telegraf')).includes('large'));
  await bot.telegram.setWebhook(`http://127.0.0.1:${server.address().port}/hook`, { secret_token: 'another' });
  await say('telegraf', { say: 'forged?' });
  await until(async () => (await bot.telegram.getWebhookInfo()).last_error_message?.includes('403'));
  await bot.telegram.deleteWebhook({ drop_pending_updates: true });
  server.close();
  server.closeAllConnections();
});

test('messaging-api-messenger: proof, sending, private reply, profile, refusals', { timeout: 30000 }, async () => {
  const client = new messenger.MessengerClient({
    accessToken: 'page-token',
    appSecret: 'meta-app-secret-1f2e3d',
    origin: ready.urls.messenger,
  });
  const code = (wanted, subcode) => (error) => {
    const { error: body } = error.response.data;
    return body.code === wanted && body.errorSubcode === subcode;
  };
  await assert.rejects(client.sendText(psid, 'too early'), code(10, 2018278));
  const comment = (await say('acme-messenger', { comment: 'Still no parcel!' })).items[0].key;
  const reply = await client.sendText({ commentId: comment }, 'Sorry!');
  assert.equal(reply.recipientId, psid);
  await assert.rejects(client.sendText({ commentId: comment }, 'Again'), code(100, undefined));
  await say('acme-messenger', { say: 'hi' });
  const sent = await client.sendText(psid, 'Hello', {
    quickReplies: [{ contentType: 'text', title: 'Yes', payload: 'Y' }],
  });
  assert.match(sent.messageId, /^m_/);
  await client.sendImage(psid, 'https://a.example/x.png');
  await client.sendButtonTemplate(psid, 'Menu', [{ type: 'postback', title: 'Start', payload: 'S' }]);
  await client.typingOn(psid);
  await client.markSeen(psid);
  assert.equal((await client.getUserProfile(psid)).firstName, 'Rita');
  await assert.rejects(client.sendText(psid, 'x'.repeat(2001)), code(100, undefined));
  await assert.rejects(client.sendText(psid, 'x', { tag: 'HUMAN_AGENT' }), code(100, 2018276));
  await quirks('acme-messenger', { script: ['rate_limit', 'token_death'] });
  await assert.rejects(client.sendText(psid, 'x'), code(613, undefined));
  await assert.rejects(client.sendText(psid, 'x'), code(190, 463));
  assert.deepEqual(await said('acme-messenger'), ['Still no parcel!', 'Sorry!', 'hi', 'Hello', '', 'Menu']);
});
