/** `npm run test:package`: the tests of the packaged application, with its installation into a clean root (minutes). */
process.env.PRECEDENT_TEST_INSTALL = '1';
// Both of their files have packages built.
process.argv.push('test/e2e/package', '--no-file-parallelism');
await import('../setup/test.mjs');
