// How long the balena builder's own code takes for one render: each template of the folder argv[2]
// for each device type of the JSON file argv[3], as many as argv[4] says; prints seconds a render.

import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(`${process.env.DTPL_PEER}/`);
const compose = require('@balena/compose');

const [folder, devices, most] = process.argv.slice(2);
const templates = readdirSync(folder).sort().map((name) => readFileSync(`${folder}/${name}/Dockerfile.template`, 'utf8'));
const variables = JSON.parse(readFileSync(devices, 'utf8'));
let done = 0;
const started = process.hrtime.bigint();
for (const template of templates) {
	for (const device of variables) {
		if (done === Number(most)) {
			break;
		}
		compose.dockerfile.process(template, device);
		done += 1;
	}
}
console.log(Number(process.hrtime.bigint() - started) / 1e9 / done);
