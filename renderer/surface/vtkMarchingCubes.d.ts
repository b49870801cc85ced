/** What vtk.js leaves undeclared of its marching cubes. */
declare module '@kitware/vtk.js/Filters/General/ImageMarchingCubes.js' {
  import type vtkImageData from '@kitware/vtk.js/Common/DataModel/ImageData.js';
  import type vtkPolyData from '@kitware/vtk.js/Common/DataModel/PolyData.js';

  interface MarchingCubes {
    setInputData(image: vtkImageData): void;
    getOutputData(): vtkPolyData;
  }
  const marchingCubes: {
    newInstance(values: {
      readonly contourValue: number;
      readonly mergePoints: boolean;
      readonly computeNormals?: boolean;
    }): MarchingCubes;
  };
  export default marchingCubes;
}
