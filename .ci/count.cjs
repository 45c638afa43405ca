'use strict'
// Prints `N passed, N failed` of a vitest JSON report, and exits with 1 where anything failed or was skipped.
// Steps that failed beside the tests count as one failure each.
const { readFileSync } = require('node:fs')

const [file, ...steps] = process.argv.slice(2)
let passed = 0
let skipped = 0
let failed = steps.filter((step) => step !== 'npm test').length
try {
  const report = JSON.parse(readFileSync(file, 'utf8'))
  passed = report.numPassedTests
  // A file that cannot be loaded has no tests to fail.
  const broken = report.testResults.filter(
    (t) => t.status === 'failed' && t.assertionResults.every((a) => a.status !== 'failed'),
  )
  failed += report.numFailedTests + broken.length
  for (const { assertionResults } of report.testResults) {
    for (const { status, fullName } of assertionResults) {
      if (status === 'passed' || status === 'failed') continue
      skipped++
      console.log(`skipped: ${fullName}`)
    }
  }
} catch (error) {
  failed++
  console.log(`no test report: ${error.message}`)
}
// An error outside of all tests (an unhandled rejection) fails the command alone.
if (failed === 0 && steps.includes('npm test')) failed = 1
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
process.exitCode = failed > 0 || skipped > 0 ? 1 : 0
