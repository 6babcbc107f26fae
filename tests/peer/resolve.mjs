// Runs the archives of standard input through the balena builder's own code.
//
// One JSON object a line, {"archive", "device", "arch", "file", "variables"}, the archive in base64; for
// each a line comes back, {"entries": [[name, content in base64], ...]} or {"refused"}.

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';

const require = createRequire(`${process.env.DTPL_PEER}/`);
const { resolve } = require('@balena/compose');
const tar = createRequire(require.resolve('@balena/compose/package.json'))('tar-stream');

async function resolved({ archive, device, arch, file, variables }) {
	const bundle = new resolve.Bundle(Readable.from([Buffer.from(archive, 'base64')]), device, arch);
	const entries = [];
	await new Promise((done, fail) => {
		const pack = resolve.resolveInput(
			bundle,
			resolve.getDefaultResolvers(),
			{ error: [fail] },
			file ?? undefined,
			variables,
		);
		const extract = tar.extract();
		extract.on('entry', (header, stream, next) => {
			const pieces = [];
			stream.on('data', (piece) => pieces.push(piece));
			stream.on('end', () => {
				entries.push([header.name, Buffer.concat(pieces).toString('base64')]);
				next();
			});
		});
		extract.on('finish', done);
		extract.on('error', fail);
		pack.pipe(extract);
	});
	return entries;
}

const { version } = require('@balena/compose/package.json');

console.log(JSON.stringify({ version }));
for await (const line of createInterface({ input: process.stdin })) {
	try {
		console.log(JSON.stringify({ entries: await resolved(JSON.parse(line)) }));
	} catch (error) {
		console.log(JSON.stringify({ refused: String(error) }));
	}
}
