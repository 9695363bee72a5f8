// SPDX-License-Identifier: Apache-2.0
// The sandbox as a process, for the clients' tests.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const launcher = process.env.POSTERN_SANDBOX ?? `${here}../../../tools/sandbox/postern-sandbox`;

export async function start(scenario, gateway = 'http://127.0.0.1:9') {
  const sandbox = spawn(launcher, ['--scenario', here + scenario, '--gateway', gateway, '--quiet'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: sandbox.stdout })) {
    const ready = JSON.parse(line);
    const control = async (name, body) => {
      const answer = await fetch(`${ready.control}/${name}`, { method: 'POST', body: JSON.stringify(body) });
      assert.equal(answer.status, 200, await answer.clone().text());
      return answer.json();
    };
    return {
      ready,
      say: (account, step) => control('say', { account, contact: 'rita', ...step }),
      quirks: (account, table) => control('quirks', { account, quirks: table }),
      said: async (account) => {
        const answer = await fetch(`${ready.control}/messages?account=${account}&contact=rita`);
        return (await answer.json()).messages.map((message) => message.text);
      },
      stop: () => sandbox.kill(),
    };
  }
  throw new Error('the sandbox did not start');
}

export async function until(check) {
  for (let tries = 0; tries < 500; tries++) {
    if (await check()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail('waited in vain');
}
