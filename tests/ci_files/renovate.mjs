// What Renovate finds in files with a preset: node renovate.mjs FOLDER PRESET FILE...
//
// FOLDER is that in which npm has installed Renovate; its own code reads the files. For each file, a line of JSON:
// `custom` has what the preset finds, `own` what Renovate's manager for Dockerfiles finds and the preset leaves on.
import { readFileSync } from "node:fs";

const [folder, preset, ...files] = process.argv.slice(2);
const manager = (path) => import(`${folder}/node_modules/renovate/dist/modules/manager/${path}`);
const regex = await manager("custom/regex/index.js");
const dockerfile = await manager("dockerfile/extract.js");
const { customManagers, packageRules } = JSON.parse(readFileSync(preset, "utf8"));

const pattern = (text) => new RegExp(text.replace(/^\/(.*)\/$/s, "$1"));
const off = packageRules.filter(({ enabled, matchManagers }) => enabled === false && matchManagers.includes("dockerfile"));
const is_off = (name) => off.some(({ matchDepNames }) => matchDepNames.some((one) => pattern(one).test(name)));

for (const file of files) {
	const text = readFileSync(file, "utf8");
	const custom = customManagers
		.filter(({ managerFilePatterns }) => managerFilePatterns.some((one) => pattern(one).test(file)))
		.flatMap((one) => regex.extractPackageFile(text, file, one)?.deps ?? []);
	const own = (dockerfile.extractPackageFile(text, file, {})?.deps ?? []).filter(
		({ depName, skipReason }) => depName && !skipReason && !is_off(depName),
	);
	console.log(JSON.stringify({ file, custom, own }));
}
