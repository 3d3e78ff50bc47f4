/** The guide once more, every command as a process of the package, as its readers have it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { checkSection, inShell, sections } from './guide.ts';

const parent = mkdtempSync(join(tmpdir(), 'normgrad-guide-'));
afterAll(() => rmSync(parent, { recursive: true }));

it.each(sections)('$title: does what it says', (section) => checkSection(section, parent, inShell, expect));
