/**
 * `npm run check:dependencies [-- --offline]`: the lockfile is complete, everything that ships is under an allowed licence, npm knows of
 * no weakness that is not explained; writes the licence texts and the list of parts (SBOM, CycloneDX) into release/.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npmCommand, root } from '../setup/project.mjs';
import { auditProblems, explainedFindings, findingsOf } from './audit.mjs';
import { licenceProblems, licenceRules, shippedPackages, thirdPartyLicences } from './licences.mjs';
import { lockfileProblems, packagesOf, readLockfile } from './lockfile.mjs';

const offline = process.argv.includes('--offline');
const { manifest, lockfile } = readLockfile(root);
const rules = licenceRules();
const shipped = shippedPackages(lockfile, rules);
const release = join(root, 'release');
mkdirSync(release, { recursive: true });
let failed = 0;

function tell(line, problems = []) {
  console.log(`${problems.length > 0 ? '✗' : '✓'} ${line}`);
  for (const problem of problems) console.log(`  ${problem}`);
  failed += problems.length;
}

tell(
  `lockfile: ${packagesOf(lockfile).length} packages, each with its checksum`,
  lockfileProblems(manifest, lockfile),
);

const licences = [...new Set(shipped.map(({ licence }) => licence))].sort();
const byLicence = licences
  .map((licence) => `${licence ?? 'none'} ${shipped.filter((one) => one.licence === licence).length}`)
  .join(', ');
tell(`licences: ${shipped.length} packages ship (${byLicence})`, licenceProblems(shipped, rules));

writeFileSync(join(release, 'THIRD-PARTY-LICENCES.txt'), thirdPartyLicences(root));
tell('texts: release/THIRD-PARTY-LICENCES.txt');

const sbom = partsList();
writeFileSync(join(release, 'sbom.cdx.json'), `${JSON.stringify(sbom, null, 2)}\n`);
const listed = new Set(sbom.components.map(({ purl }) => purl));
const unlisted = shipped.filter(({ published, version }) => !listed.has(purlOf(published, version)));
tell(
  `parts: release/sbom.cdx.json, CycloneDX ${sbom.specVersion}, ${sbom.components.length} components`,
  unlisted.map(({ name, version }) => `${name} ${version} ships and is not in the list`),
);

const findings = offline ? null : findingsOf(npmJson(['audit', '--json']));
if (findings === null)
  console.log(`– weaknesses: not looked up (${offline ? 'offline' : 'the registry gave no advisories'})`);
else {
  const today = new Date().toISOString().slice(0, 10);
  const problems = auditProblems(findings, explainedFindings(), today);
  tell(
    `weaknesses: ${findings.length} known to npm, ${findings.length - problems.length} explained`,
    problems,
  );
}
process.exitCode = failed > 0 ? 1 : 0;

/** npm's own list of what ships, with the runtime, which npm takes for a tool of development. */
function partsList() {
  const sbom = npmJson(['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev', '--package-lock-only']);
  const { name, version, description } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  // npm names the project by the folder in which it happens to lie.
  Object.assign(sbom.metadata.component, { name, version, description, type: 'application' });
  const present = new Set(sbom.components.map(({ purl }) => purl));
  for (const { published: name, version, licence } of shipped) {
    const purl = purlOf(name, version);
    if (present.has(purl)) continue;
    const licenses = [{ license: { id: licence } }];
    sbom.components.push({
      'bom-ref': `${name}@${version}`,
      type: 'framework',
      name,
      version,
      purl,
      licenses,
    });
  }
  return sbom;
}

function purlOf(name, version) {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}

/** What npm prints, whatever its exit code: an audit with findings fails. */
function npmJson(args) {
  const [command, ...first] = npmCommand();
  try {
    const options = { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'ignore'] };
    return JSON.parse(
      execFileSync(command, [...first, ...args], { ...options, shell: command.endsWith('.cmd') }),
    );
  } catch (error) {
    return JSON.parse(error.stdout || '{}');
  }
}
