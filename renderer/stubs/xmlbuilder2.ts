/** Takes the place of xmlbuilder2, which vtk.js imports for XML that Precedent never writes and which needs Node. */

function unavailable(): never {
  throw new Error('XML is not written in the window');
}

export const create = unavailable;
export const convert = unavailable;
