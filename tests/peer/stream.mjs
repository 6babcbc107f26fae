// The balena builder's own resolveInput as a filter: an archive in, an archive out. For benchmarks.

import { createRequire } from 'node:module';

const require = createRequire(`${process.env.DTPL_PEER}/`);
const { resolve } = require('@balena/compose');

const bundle = new resolve.Bundle(process.stdin, 'raspberrypi3', 'armv7hf');
resolve
	.resolveInput(bundle, resolve.getDefaultResolvers(), {}, undefined, { BALENA_SERVICE_NAME: 'main' })
	.pipe(process.stdout);
