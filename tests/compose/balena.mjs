// Asks balena's own reader about compose files.
//
// One JSON object a line, {"files"}; for each a line comes back: {"composition", "images", "warnings"}, or
// {"refused", "kind", "warnings"}. The package is looked for in the folder that DTPL_PEER names.

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const require = createRequire(`${process.env.DTPL_PEER}/`);
const parser = require('@balena/compose-parser');
const { version } = require('@balena/compose-parser/package.json');

let warnings;
console.warn = (message) => warnings.push(message);

console.log(JSON.stringify({ version }));
for await (const line of createInterface({ input: process.stdin })) {
	warnings = [];
	try {
		const composition = await parser.parse(JSON.parse(line).files);
		const images = parser.toImageDescriptors(composition);
		console.log(JSON.stringify({ composition, images, warnings }));
	} catch (error) {
		console.log(JSON.stringify({ refused: error.message, kind: error.name, warnings }));
	}
}
