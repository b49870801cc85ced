/** The part of dcmjs that the tests read DICOM with: a reader that shares no code with ours. */
declare module 'dcmjs' {
  interface Dict {
    readonly dict: Record<string, unknown>;
    readonly meta: Record<string, unknown>;
  }
  const dcmjs: {
    readonly data: {
      readonly DicomMessage: { readFile(bytes: ArrayBuffer): Dict };
      readonly DicomMetaDictionary: { naturalizeDataset(dict: Record<string, unknown>): unknown };
    };
    readonly log: { setLevel(level: string): void };
  };
  export default dcmjs;
}
