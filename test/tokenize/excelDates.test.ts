import assert from "node:assert/strict";
import { test } from "node:test";
import { undoDates } from "../../src/tokenize/excelDates.js";

/** The first symbol of each date, by what is written. */
const undone = (...names: string[]) =>
  Object.fromEntries([...undoDates(["CD3D", ...names])].map(([text, [symbol]]) => [text, symbol]));

test("day and month become the gene of that number", () => {
  assert.deepEqual(
    undone("3-Mar", "Mar-04", "05-Mar", "2-Sep", "Sep-14", "15-Sep", "1-Dec", "7.Mrz", "1-Dez"),
    {
      ...{
        "3-Mar": "MARCHF3",
        "Mar-04": "MARCHF4",
        "05-Mar": "MARCHF5",
        "2-Sep": "SEPTIN2",
        "Sep-14": "SEPTIN14",
      },
      ...{ "15-Sep": "SELENOF", "1-Dec": "DELEC1", "7.Mrz": "MARCHF7", "1-Dez": "DELEC1" },
    },
  );
});

test("March 1 and 2 are two genes each: taken only where the other one is named", () => {
  assert.deepEqual(undone("1-Mar"), {});
  assert.deepEqual(undone("1-Mar", "1-Mar", "MARC1"), {});
  assert.deepEqual(undone("1-Mar", "1-Mar-1"), {});
  assert.deepEqual(undone("1-Mar", "MTARC1", "2-Mar", "MARCH2"), { "1-Mar": "MARCHF1", "2-Mar": "MTARC2" });
});

test("a gene that is named beside its date is not taken again", () => {
  assert.deepEqual(undone("2-Sep", "SEPT2"), {});
});

test("whole dates and serial numbers: only two and more of one year, and no other numbers", () => {
  // Excel: 43894 is 2020-03-04, 44084 is 2020-09-10.
  assert.deepEqual(undone("43894", "44084"), { 43894: "MARCHF4", 44084: "SEPTIN10" });
  assert.deepEqual(undone("2020-03-04", "2020-09-10 00:00:00"), {
    "2020-03-04": "MARCHF4",
    "2020-09-10 00:00:00": "SEPTIN10",
  });
  assert.deepEqual(undone("43894"), {});
  assert.deepEqual(undone("43894", "43719"), {}, "of two years: 43719 is 2019-09-11");
  assert.deepEqual(undone("43894", "44084", "100130426"), {}, "numbers of Entrez");
  assert.deepEqual(undone("43894", "44084", "43907"), {}, "2020-03-17 is no gene");
});

test("symbols that look like months are left alone", () => {
  assert.deepEqual(undone("MARCH3", "SEPT2", "DEC1", "MARCO", "SEPSECS", "12-Mar", "0-Sep", "10-Oct"), {});
});
