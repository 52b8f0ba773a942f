// A reporter for Node's test runner: how many tests passed, failed and were skipped.
export default async function* tally(events) {
  const count = { passed: 0, failed: 0, skipped: 0 };
  for await (const { type, data } of events) {
    if (data.details?.type === "suite") continue;
    if (type === "test:fail") count.failed++;
    else if (type === "test:pass") count[data.skip === undefined ? "passed" : "skipped"]++;
  }
  yield JSON.stringify(count);
}
