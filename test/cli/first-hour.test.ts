/** What somebody sees who tries everything once: test/cli/transcripts/first-hour.txt, word for word, from the real program and three real peers. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { TestMesh } from './mesh-fixture.ts';
import { Transcript } from './transcript.ts';

const mesh = new TestMesh();
afterAll(() => mesh.end());

it('is what the transcript says', { timeout: 600_000 }, async () => {
  await mesh.add(3);
  const home = path.join(mesh.root, 'me');
  mkdirSync(path.join(home, 'docs/letters'), { recursive: true });
  const write = (name: string, content: string): void => writeFileSync(path.join(home, name), content);
  write('ticket.txt', mesh.ticket);
  write('docs/letters/aunt.txt', 'Dear aunt,\n');
  write('docs/notes.md', '# Notes\n');
  write('docs/password.txt', 'hunter2\n');
  const env = {
    HOME: home,
    VAULT_HOME: path.join(home, '.vault'),
    VAULT_PASSWORD: 'correct horse',
    NO_COLOR: '1',
  };
  const transcript = new Transcript(home, env);
  const run = transcript.run.bind(transcript);

  await run('vault snapshots');
  await run('vault init --ticket @ticket.txt');
  await run('vault backup docs --host laptop');
  await run('vault backup dosc --host laptop');
  await run('vault snapshots', { VAULT_PASSWORD: 'wrong' });
  transcript.note('The letter grows, the notes are deleted.');
  write('docs/letters/aunt.txt', 'Dear aunt,\nthank you for the book.\n');
  rmSync(path.join(home, 'docs/notes.md'));
  await run('vault backup docs --host laptop --tag evening');
  await run('vault snapshots');
  await run('vault diff latest~1 latest');
  await run("vault find 'n*.md'");
  await run(`vault dump latest~1 ${home}/docs/notes.md`);
  await run(`vault restore latest~1:${home}/docs --target restored`);
  await run('vault restore latest --target restored');
  await run("vault rewrite --exclude 'password.txt' --forget");
  await run(`vault ls latest ${home}/docs --recursive`);
  await run('vault forget --keep-last 1');
  await run('vault prune');
  transcript.note('One of three peers is killed.');
  await mesh.kill(2);
  await run('vault status');
  await run('vault check --read-data');
  await expect(transcript.text()).toMatchFileSnapshot('transcripts/first-hour.txt');
});
