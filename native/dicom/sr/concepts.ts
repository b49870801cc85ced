/** The codes that reports are written with: DICOM's own (PS3.16 annex D), SNOMED CT, IBSI and UCUM, as DICOM's context groups list them. */

/** Code Value, Coding Scheme Designator, Code Meaning. */
export type Code = readonly [value: string, scheme: string, meaning: string];

export const concepts = {
  report: ['126000', 'DCM', 'Imaging Measurement Report'],
  language: ['121049', 'DCM', 'Language of Content Item and Descendants'],
  english: ['en', 'RFC5646', 'English'],
  observerType: ['121005', 'DCM', 'Observer Type'],
  person: ['121006', 'DCM', 'Person'],
  personName: ['121008', 'DCM', 'Person Observer Name'],
  device: ['121007', 'DCM', 'Device'],
  deviceUid: ['121012', 'DCM', 'Device Observer UID'],
  deviceName: ['121013', 'DCM', 'Device Observer Name'],
  deviceManufacturer: ['121014', 'DCM', 'Device Observer Manufacturer'],
  procedureReported: ['121058', 'DCM', 'Procedure reported'],
  ct: ['77477000', 'SCT', 'Computed Tomography'],
  imageLibrary: ['111028', 'DCM', 'Image Library'],
  imageLibraryGroup: ['126200', 'DCM', 'Image Library Group'],
  imagingMeasurements: ['126010', 'DCM', 'Imaging Measurements'],
  measurementGroup: ['125007', 'DCM', 'Measurement Group'],
  trackingIdentifier: ['112039', 'DCM', 'Tracking Identifier'],
  trackingUid: ['112040', 'DCM', 'Tracking Unique Identifier'],
  finding: ['121071', 'DCM', 'Finding'],
  lesion: ['52988006', 'SCT', 'Lesion'],
  imageRegion: ['111030', 'DCM', 'Image Region'],
  volumeSurface: ['121231', 'DCM', 'Volume Surface'],
  sourceSeries: ['121232', 'DCM', 'Source series for segmentation'],
  sourceOfMeasurement: ['121112', 'DCM', 'Source of Measurement'],
  derivation: ['121401', 'DCM', 'Derivation'],
  mean: ['373098007', 'SCT', 'Mean'],
  standardDeviation: ['386136009', 'SCT', 'Standard Deviation'],
  minimum: ['255605001', 'SCT', 'Minimum'],
  maximum: ['56851009', 'SCT', 'Maximum'],
  length: ['410668003', 'SCT', 'Length'],
  longAxis: ['103339001', 'SCT', 'Long Axis'],
  shortAxis: ['103340004', 'SCT', 'Short Axis'],
  angle: ['1483009', 'SCT', 'Angle'],
  area: ['42798000', 'SCT', 'Area'],
  volume: ['118565006', 'SCT', 'Volume'],
  maximumDiameter3d: ['L0JK', 'IBSI', 'Maximum 3D Diameter'],
  attenuation: ['112031', 'DCM', 'Attenuation Coefficient'],
  keyObjects: ['113000', 'DCM', 'Of Interest'],
  keyObjectDescription: ['113012', 'DCM', 'Key Object Description'],
} as const satisfies Record<string, Code>;

export const units = {
  millimetre: ['mm', 'UCUM', 'millimeter'],
  squareMillimetre: ['mm2', 'UCUM', 'square millimeter'],
  cubicMillimetre: ['mm3', 'UCUM', 'cubic millimeter'],
  degree: ['deg', 'UCUM', 'degree'],
  hounsfield: ["[hnsf'U]", 'UCUM', 'Hounsfield unit'],
} as const satisfies Record<string, Code>;
