import { expect, test } from "vitest";
import type { DatasetRecord } from "@/api/schema";
import { jsonText, parseJson } from "@/lib/jsonnumbers";
import { draftOf, faultsIn, NEW_RECORD, recordBody } from "./record-draft";

const record = parseJson(
  `{"record_id": "r-1", "external_id": null, "inputs": {"n": 12345678901234567890, "x": 1.0}, "expectations": {},
    "outputs": null, "tags": {"a": "b"}, "split": "test", "source": {"kind": "TRACE", "source_id": "tr-1", "note": null}}`,
) as DatasetRecord;

test("a record goes back as it was, with its numbers as they are written", () => {
  const draft = draftOf(record);
  expect(draft.inputs).toBe('{\n  "n": 12345678901234567890,\n  "x": 1.0\n}');
  expect(faultsIn(draft)).toEqual({});
  const body = recordBody({ ...draft, expectations: '{"answer": 2.50}', split: " " }, record);
  expect(jsonText(body)).toBe(
    '{"inputs":{"n":12345678901234567890,"x":1.0},"expectations":{"answer":2.50},"outputs":null,"split":null,' +
      '"external_id":null,"record_id":"r-1","tags":{"a":"b"},"source":{"kind":"TRACE","source_id":"tr-1","note":null}}',
  );
});

test("what is no JSON, or no object, is told by part", () => {
  const draft = { ...NEW_RECORD, inputs: "{", expectations: "[1]", outputs: "yes" };
  expect(faultsIn(draft)).toEqual({ inputs: "json", expectations: "object", outputs: "json" });
  expect(faultsIn({ ...NEW_RECORD, outputs: '"yes"' })).toEqual({});
  expect(recordBody({ ...NEW_RECORD, external_id: " e " })).toMatchObject({
    external_id: "e",
    outputs: null,
    source: { kind: "HUMAN" },
  });
});
