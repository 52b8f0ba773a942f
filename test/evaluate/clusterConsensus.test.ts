import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { clusterVotes } from "../../src/evaluate/clusterConsensus.js";

/** Written by test/fixtures/evaluate/make_consensus.py with celltypist. */
const celltypist: {
  classes: string[];
  clusters: number[];
  labels: number[];
  least: number;
  majority: string[];
  heterogeneous: string[];
} = JSON.parse(readFileSync("test/fixtures/evaluate/consensus.json", "utf8"));
const { classes, clusters, labels } = celltypist;

test("clusters vote as celltypist's do, also where too few agree", () => {
  const votes = clusterVotes(clusters, labels, 8, classes.length);
  const named = (least: number) =>
    clusters.map((cluster) => {
      const { label, share } = votes[cluster];
      return share < least ? "Heterogeneous" : classes[label];
    });
  assert.deepEqual(named(0), celltypist.majority);
  assert.deepEqual(named(celltypist.least), celltypist.heterogeneous);
  assert.ok(celltypist.heterogeneous.includes("Heterogeneous"));
});

test("cells without a label have no vote, those without a cluster none either", () => {
  const votes = clusterVotes([0, 0, 0, -1, 1], [1, -1, 1, 0, -1], 3, 2);
  assert.deepEqual(votes, [
    { label: 1, share: 1, cells: 2 },
    { label: -1, share: Number.NaN, cells: 0 },
    { label: -1, share: Number.NaN, cells: 0 },
  ]);
});
