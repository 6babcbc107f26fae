// Asks the reader of ignore files of balena's CLI, @balena/dockerignore, which paths they exclude.
//
// One JSON object a line, {"before", "text", "after", "paths"}: the ignore file with the patterns that the CLI
// adds around it. For each a line comes back, {"excluded"}, a truth value for each path. The packages are looked
// for in the folder that DTPL_PEER names.

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const require = createRequire(`${process.env.DTPL_PEER}/`);
const ignore = require('@balena/dockerignore');
const { version } = require('@balena/compose/package.json');

console.log(JSON.stringify({ version }));
for await (const line of createInterface({ input: process.stdin })) {
	const { before, text, after, paths } = JSON.parse(line);
	const reader = ignore({ ignorecase: false }).add(before);
	if (text) {
		reader.add(text);
	}
	reader.add(after);
	console.log(JSON.stringify({ excluded: paths.map((path) => reader.ignores(path)) }));
}
