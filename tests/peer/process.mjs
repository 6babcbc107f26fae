// Runs the templates of standard input through the balena builder's own code.
//
// One JSON object a line, {"template", "variables"}; for each a line comes back, {"rendered"} or
// {"refused"}. The package is looked for in the folder that DTPL_PEER names.

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const require = createRequire(`${process.env.DTPL_PEER}/`);
const compose = require('@balena/compose');
const { version } = require('@balena/compose/package.json');

console.log(JSON.stringify({ version }));
for await (const line of createInterface({ input: process.stdin })) {
	const { template, variables } = JSON.parse(line);
	try {
		console.log(JSON.stringify({ rendered: compose.dockerfile.process(template, variables) }));
	} catch (error) {
		console.log(JSON.stringify({ refused: String(error) }));
	}
}
