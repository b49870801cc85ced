/** Draws surfaces of one patient on a canvas: the lesion opaque, the organ around it translucent, without perspective. */
import '@kitware/vtk.js/Rendering/Profiles/Geometry.js';
import vtkCellArray from '@kitware/vtk.js/Common/Core/CellArray.js';
import vtkDataArray from '@kitware/vtk.js/Common/Core/DataArray.js';
import vtkPolyData from '@kitware/vtk.js/Common/DataModel/PolyData.js';
import vtkActor from '@kitware/vtk.js/Rendering/Core/Actor.js';
import vtkMapper from '@kitware/vtk.js/Rendering/Core/Mapper.js';
import vtkRenderer from '@kitware/vtk.js/Rendering/Core/Renderer.js';
import vtkRenderWindow from '@kitware/vtk.js/Rendering/Core/RenderWindow.js';
import vtkOpenGLRenderWindow from '@kitware/vtk.js/Rendering/OpenGL/RenderWindow.js';
import type { Vec3 } from '../viewer/grid.ts';
import type { Mesh } from './mesh.ts';
import type { Orientation } from './orientation.ts';

export interface Look {
  /** As #rrggbb. */
  readonly color: string;
  readonly opacity: number;
}
export interface SceneView extends Orientation {
  /** In the middle of the picture, in mm (LPS). */
  readonly centre: Vec3;
  readonly mmPerPixel: number;
}

/** How far the eye stands off, in mm: beyond everything in a body. */
const farMm = 2000;

export class SurfaceScene {
  readonly #window = vtkRenderWindow.newInstance();
  readonly #renderer = vtkRenderer.newInstance({ background: [0, 0, 0] });
  readonly #canvas = vtkOpenGLRenderWindow.newInstance();
  readonly #actors: vtkActor[] = [];
  readonly #element: HTMLElement;
  #height = 1;

  /** The canvas becomes the element's only child. */
  constructor(element: HTMLElement) {
    this.#element = element;
    this.#window.addRenderer(this.#renderer);
    this.#window.addView(this.#canvas);
    this.#canvas.setContainer(element);
    this.#renderer.getActiveCamera().setParallelProjection(true);
  }

  show(surfaces: readonly { readonly mesh: Mesh; readonly look: Look }[]): void {
    for (const actor of this.#actors.splice(0)) {
      this.#renderer.removeActor(actor);
      actor.delete();
    }
    for (const { mesh, look } of surfaces) {
      const actor = actorOf(mesh, look);
      this.#actors.push(actor);
      this.#renderer.addActor(actor);
    }
  }

  /** @param width in CSS pixels, as the height */
  resize(width: number, height: number, ratio: number): void {
    this.#height = height;
    this.#canvas.setSize(Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio)));
  }

  draw({ direction, up, centre, mmPerPixel }: SceneView): void {
    const camera = this.#renderer.getActiveCamera();
    camera.setFocalPoint(centre[0], centre[1], centre[2]);
    camera.setPosition(
      centre[0] - farMm * direction[0],
      centre[1] - farMm * direction[1],
      centre[2] - farMm * direction[2],
    );
    camera.setViewUp(up[0], up[1], up[2]);
    camera.setParallelScale((mmPerPixel * this.#height) / 2);
    this.#renderer.resetCameraClippingRange();
    this.#window.render();
  }

  /** Gives back the graphics memory and the canvas. */
  delete(): void {
    this.show([]);
    const context = this.#element.querySelector('canvas')?.getContext('webgl2');
    this.#canvas.setContainer(null);
    this.#canvas.delete();
    this.#renderer.delete();
    this.#window.delete();
    // When there are many, the browser takes the context of who drew first, and that would be the slices.
    context?.getExtension('WEBGL_lose_context')?.loseContext();
  }
}

function actorOf(mesh: Mesh, { color, opacity }: Look): vtkActor {
  const cells = new Uint32Array((mesh.triangles.length / 3) * 4);
  for (let t = 0; 4 * t < cells.length; t++) {
    cells[4 * t] = 3;
    cells.set(mesh.triangles.subarray(3 * t, 3 * t + 3), 4 * t + 1);
  }
  const surface = vtkPolyData.newInstance();
  surface.getPoints().setData(mesh.points, 3);
  surface.setPolys(vtkCellArray.newInstance({ values: cells }));
  surface
    .getPointData()
    .setNormals(vtkDataArray.newInstance({ name: 'Normals', numberOfComponents: 3, values: mesh.normals }));
  const mapper = vtkMapper.newInstance({ scalarVisibility: false });
  mapper.setInputData(surface);
  const actor = vtkActor.newInstance();
  actor.setMapper(mapper);
  const property = actor.getProperty();
  const channel = (at: number) => Number.parseInt(color.slice(at, at + 2), 16) / 255;
  property.setColor(channel(1), channel(3), channel(5));
  property.setOpacity(opacity);
  property.setAmbient(0.15);
  property.setDiffuse(0.8);
  property.setSpecular(0.15);
  property.setSpecularPower(20);
  return actor;
}
