// SPDX-License-Identifier: Apache-2.0
// What Postern is measured against: the least that a bot on Node does which checks signatures. It keeps no record, and
// forgets a message whose answer fails.
//   node echo_bot.js PORT GRAPH_PORT SECRET_FILE TOKEN_FILE
'use strict';
const { createHmac, timingSafeEqual } = require('node:crypto');
const { readFileSync } = require('node:fs');
const http = require('node:http');

const [port, graphPort] = process.argv.slice(2, 4).map(Number);
const [secret, token] = process.argv.slice(4, 6).map((file) => readFileSync(file, 'utf8').trim());
const agent = new http.Agent({ keepAlive: true });

function isSigned(request, body) {
  const claimed = Buffer.from(String(request.headers['x-hub-signature-256']));
  const expected = Buffer.from(`sha256=${createHmac('sha256', secret).update(body).digest('hex')}`);
  return claimed.length === expected.length && timingSafeEqual(claimed, expected);
}

function say(recipient, text) {
  const content = JSON.stringify({ messaging_type: 'RESPONSE', recipient: { id: recipient }, message: { text } });
  const request = http.request({
    agent,
    host: '127.0.0.1',
    port: graphPort,
    method: 'POST',
    path: '/v25.0/me/messages',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(content),
    },
  });
  request.on('response', (response) => response.resume());
  request.on('error', (error) => console.error(`a message is lost: ${error.message}`));
  request.end(content);
}

const server = http.createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    const body = Buffer.concat(parts);
    response.statusCode = isSigned(request, body) ? 200 : 401;
    response.end();
    if (response.statusCode !== 200) return;
    for (const { messaging } of JSON.parse(body.toString()).entry) {
      for (const { sender, message } of messaging) say(sender.id, `You said: ${message.text}`);
    }
  });
});
server.keepAliveTimeout = 60_000;
server.listen(port, '127.0.0.1');
