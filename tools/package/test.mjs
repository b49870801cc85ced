/** `npm run test:package`: the tests of the packaged application, with its installation into a clean root (minutes). */
process.env.PRECEDENT_TEST_INSTALL = '1';
process.argv.push('test/e2e/package');
await import('../setup/test.mjs');
