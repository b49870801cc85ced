/** The table of what the engine answers: one entry for each request of the contract. */
import { newId } from '../catalog/ids.ts';
import type { NewJob } from '../catalog/jobs.ts';
import type { EngineContract, Filter, ProcessState } from '../contract/engine.ts';
import { PrecedentError } from '../contract/errors.ts';
import type { EventData, ParsedParams } from '../contract/rpc.ts';
import { builtinRules } from '../dicom/roiNames.ts';
import { tryEncoder } from '../encoder/trial.ts';
import { drawThumbnail, embedVolume } from '../ingest/embedMissing.ts';
import { splitDiagnosis } from '../ingest/labels.ts';
import { locateOriginals, missingOriginals } from '../ingest/originals.ts';
import { importRules, setImportRules } from '../ingest/settings.ts';
import { packMask, tightenMask, unpackMask } from '../lesion/mask.ts';
import { measureIn } from '../lesion/measureIn.ts';
import { outlineIn } from '../lesion/outline.ts';
import { throwIfCancelled } from '../process/cancel.ts';
import type { Handlers } from '../process/serve.ts';
import { anyTerm, ftsQuery, ftsTerms } from '../report/ftsQuery.ts';
import { countPassing, fieldInfos, passing } from '../retrieval/gallery.ts';
import type { Mask } from '../volume/volume.ts';
import { addEncoder } from './addEncoder.ts';
import { archiveHandlers, refuseArchives } from './archives.ts';
import { auditHandlers } from './auditHandlers.ts';
import { backupHandlers } from './backupHandlers.ts';
import { deletionHandlers } from './deletionHandlers.ts';
import { createDemo } from './demo.ts';
import { editLesions } from './editLesions.ts';
import { embedFiles } from './embedFiles.ts';
import { embedLibrary } from './embedLibrary.ts';
import type { Engine } from './engine.ts';
import { evaluateLibrary } from './evaluateLibrary.ts';
import { explainHit } from './explainHit.ts';
import { exportTeaching } from './exportTeaching.ts';
import { exportTo } from './exportTo.ts';
import { saveKeyImages } from './keyImages.ts';
import { libraryHandlers } from './libraryHandlers.ts';
import { markedQuery } from './markedQuery.ts';
import { redrawThumbnail } from './mend.ts';
import { methodRows } from './methodRows.ts';
import { originalHeader, originalValue } from './originalHeader.ts';
import { proposeLesion } from './propose.ts';
import { rankVolumes } from './rankVolumes.ts';
import { savedQueryHandlers } from './savedQueries.ts';
import { saveEvaluation } from './saveEvaluation.ts';
import { saveMeasurements } from './saveMeasurements.ts';
import { saveStructuredReport } from './saveStructuredReport.ts';
import { searchLibrary } from './searchLibrary.ts';
import { similarityMap } from './similarityMap.ts';
import { simulateFeedback } from './simulateFeedback.ts';
import { comparison, saveHits } from './takeAway.ts';
import { userHandlers } from './userHandlers.ts';
import { verifyLibrary } from './verify.ts';

type StartParams = ParsedParams<EngineContract, 'jobs.start'>;

interface EngineEvents {
  /** Tells every window and command line that the library's contents are others now. */
  libraryChanged(): void;
  /** Tells every window what was deleted for good. */
  deleted(gone: EventData<EngineContract, 'library.deleted'>): void;
  /** Ends this engine; its host starts another. */
  restart(): void;
}

export function engineHandlers(engine: Engine, events: EngineEvents): Handlers<EngineContract> {
  const { library, grants, encoders, queue } = engine;
  const { reads, writes, session } = library;

  const changed = () => {
    library.changed();
    events.libraryChanged();
  };
  /** The vectors of captions that say something else now are gone; those of labels such as the organ's are among them. */
  const recaptioned = () => {
    changed();
    engine.embedInBackground();
  };
  const edited = () => {
    events.libraryChanged();
    engine.embedInBackground();
  };
  const idsPassing = (where: readonly Filter[]) =>
    where.length === 0 ? undefined : passing(library.gallery(), where).map(({ lesion }) => lesion);
  const newJob = ({ sources, labels, ...options }: StartParams): NewJob => {
    const paths = sources.map((token) => grants.take(token, 'read'));
    refuseArchives(paths);
    return {
      origin: 'user',
      sources: paths,
      labels: labels === undefined ? undefined : grants.take(labels, 'read'),
      options,
    };
  };
  const states = (): ProcessState[] => [engine.inference.state, engine.reader.state];

  return {
    'library.info': () => ({
      folder: library.layout.root,
      demonstration: library.demonstration,
      counts: reads.counts(),
      encoder: encoders.standard.info,
      processes: states(),
      fields: [...fieldInfos(library.gallery())],
      readOnly: library.readOnly ?? undefined,
    }),
    ...libraryHandlers(engine, edited),
    ...deletionHandlers(engine, ({ volumes, lesions }) => {
      changed();
      events.deleted({ volumes: [...volumes], lesions: [...lesions] });
    }),
    'patients.list': (page) => reads.patients(page),
    'studies.list': (page) => reads.studies(page),
    'volumes.list': (page) => reads.volumes(page),
    'lesions.list': ({ where, ...selection }) => reads.lesions({ ...selection, among: idsPassing(where) }),
    'volume.get': ({ volume }) => ({
      volume: reads.volume(volume),
      lesions: reads.lesions({ volume, offset: 0, limit: 10_000 }).rows,
      organs: reads.organs(volume),
    }),
    'lesion.get': ({ lesion }) => ({
      lesion: reads.lesion(lesion),
      mask: unpacked(reads.lesionMask(lesion)),
    }),
    'organ.mask': ({ organ }) => unpacked(reads.organMask(organ)),

    'lesion.propose': async ({ volume, mark }) => {
      const started = performance.now();
      const { mask, measurements, notes } = await engine.withVoxels(volume, (file) =>
        proposeLesion(file, mark),
      );
      return { mask: plain(mask), measurements, notes, tookMs: performance.now() - started };
    },
    'lesion.measure': ({ volume, mask }) => engine.withVoxels(volume, (file) => measureIn(file, tight(mask))),
    'lesion.save': ({ volume, mask, name, labels }, { signal }) =>
      engine.withVoxels(volume, async (file) => {
        const whole = tight(mask);
        const measurements = await measureIn(file, whole);
        const uid = newId('les');
        const lesion = {
          uid,
          name,
          source: 'mark' as const,
          measurements,
          outline: await outlineIn(file, whole),
          ...splitDiagnosis(labels),
        };
        throwIfCancelled(signal);
        writes.addLesion(volume, { ...lesion, box: whole.box, packed: packMask(whole) });
        try {
          await drawThumbnail(library, file, uid, whole);
          await embedVolume(library, encoders.standard, volume, ['lesion'], signal);
        } catch {
          // What was drawn by hand is kept all the same; the engine embeds it later.
        }
        // Whatever else is kept embedded follows.
        engine.embedInBackground();
        changed();
        return reads.lesion(uid);
      }),
    'lesion.label': ({ lesion, name, value }) => {
      reads.lesion(lesion);
      if (editLesions(library, [lesion], [{ name, value }]).change) edited();
      return reads.lesion(lesion);
    },
    'lesion.caption': ({ lesion, text }) => {
      reads.lesion(lesion);
      writes.setLesionCaption(lesion, text);
      recaptioned();
      return reads.lesion(lesion);
    },
    'study.caption': ({ study, text }) => {
      reads.study(study);
      writes.setStudyCaption(study, text);
      recaptioned();
      return reads.study(study);
    },
    'annotations.list': ({ volume }) => library.annotations.ofStudy(volume),
    'annotations.save': ({ annotation }) => {
      library.annotations.save(annotation, session.user);
      return library.annotations.ofStudy(annotation.volume);
    },
    'annotations.remove': ({ annotation }) => {
      library.annotations.remove(annotation);
      return {};
    },
    'annotations.export': ({ rows, target }) => saveMeasurements(rows, grants.take(target, 'write')),

    'annotations.exportReport': (params) => saveStructuredReport(engine, params),

    'keyImages.list': ({ volume }) => library.keyImages.ofStudy(volume),
    'keyImages.save': ({ image }) => {
      library.keyImages.save(image, session.user);
      return library.keyImages.ofStudy(image.volume);
    },
    'keyImages.remove': ({ image }) => {
      library.keyImages.remove(image);
      return {};
    },
    'keyImages.export': (params, { signal }) => saveKeyImages(engine, params, signal),

    'filters.count': ({ where }) => {
      const gallery = library.gallery();
      return {
        lesions: gallery.size,
        passing: countPassing(gallery, where),
        alone: [...Map.groupBy(where, ({ field }) => field)].map(([field, own]) => ({
          field,
          passing: countPassing(gallery, own),
        })),
      };
    },
    'filterSets.list': () => library.filterSets.list(),
    'filterSets.save': (set) => {
      // A set that could never be used is refused while it is typed.
      countPassing(library.gallery(), set.where);
      library.filterSets.save(set);
      return library.filterSets.list();
    },
    'filterSets.remove': ({ name }) => {
      library.filterSets.remove(name);
      return library.filterSets.list();
    },
    ...savedQueryHandlers(library),
    ...archiveHandlers(engine, changed),
    ...userHandlers(session),
    ...auditHandlers(library, grants),
    'search.excerpts': ({ lesions, text }) => library.reports.excerpts(lesions, anyTerm(text)),
    'search.run': (params, { signal }) => searchLibrary(engine, params, signal),
    'methods.list': ({ encoder }) => methodRows(engine, encoder),
    'feedback.mark': ({ query, ...mark }) => {
      library.feedback.mark(session.user, markedQuery(query), mark);
      return {};
    },
    'feedback.clear': ({ query }) => {
      library.feedback.clear(session.user, markedQuery(query));
      return {};
    },
    'feedback.list': ({ query }) => library.feedback.list(query && markedQuery(query)),
    'feedback.simulate': (params, { signal, progress }) => simulateFeedback(engine, params, signal, progress),
    'search.explain': (params, { signal }) => explainHit(engine, params, signal),
    'search.similarityMap': (params, { signal }) => similarityMap(engine, params, signal),
    'evaluate.run': (params, { signal, progress }) => evaluateLibrary(engine, params, signal, progress),
    'evaluate.save': ({ evaluation, target }) => saveEvaluation(evaluation, grants.take(target, 'write')),

    'bench.rank': (params, { signal, progress }) => rankVolumes(engine, params, signal, progress),

    'import.run': (params, { signal, progress }) => queue.run(newJob(params), signal, progress),
    'jobs.start': (params) => queue.start(newJob(params)),
    'jobs.list': () => queue.list(),
    'jobs.change': async ({ job, to }) => {
      await queue.change(job, to);
      return queue.list();
    },
    'jobs.report': ({ job }) => library.jobs.report(job),
    'conflicts.list': () => library.jobs.conflicts(),
    'conflicts.decide': ({ conflict, decision }) => {
      queue.decide(conflict, decision);
      return library.jobs.conflicts();
    },
    'watch.list': () => engine.watcher.list(),
    'watch.add': ({ folder, ...options }) => {
      engine.watcher.add(grants.take(folder, 'read'), options);
      return engine.watcher.list();
    },
    'watch.remove': ({ watch }) => {
      engine.watcher.remove(watch);
      return engine.watcher.list();
    },
    'originals.check': () => missingOriginals(engine),
    'originals.locate': async ({ folder }, { signal }) => {
      const found = await locateOriginals(engine, grants.take(folder, 'read'), signal);
      if (found > 0) changed();
      return { found, missing: await missingOriginals(engine) };
    },
    'originals.header': (params) => originalHeader(engine, params),
    'originals.value': (params) => originalValue(engine, params),
    'reports.list': ({ study, words = '' }) =>
      library.reports.of(study, ftsTerms(words).required.join(' OR ')),
    'reports.find': ({ text, ...page }) => library.reports.find(ftsQuery(text), page),
    'roiRules.list': () => ({ own: importRules(library), builtin: [...builtinRules] }),
    'roiRules.set': ({ own }) => {
      setImportRules(library, own);
      return {};
    },
    'demo.create': (params, { signal, progress }) => createDemo(engine, params, signal, progress),

    'export.run': ({ volume, lesion, target }) =>
      exportTo(engine, { volume, lesion }, grants.take(target, 'write')),
    'takeaway.hits': (params) => saveHits(engine, params),
    'takeaway.teaching': (params, { signal, progress }) => exportTeaching(engine, params, signal, progress),
    'takeaway.comparison': (params, { signal }) => comparison(engine, params, signal),
    'encoders.list': async () => {
      // How the default one runs is worth a moment; opening every other model is not.
      await encoders.standard.warm().catch(() => undefined);
      return { encoders: encoders.rows(), broken: [...encoders.broken] };
    },
    'encoders.add': async ({ folder }, { signal }) => {
      const trial = await addEncoder(library, encoders, engine.spawner, grants.take(folder, 'read'), signal);
      await engine.embedAnew();
      return trial;
    },
    'encoders.remove': async ({ encoder }) => {
      await engine.stopEmbedding();
      try {
        await encoders.remove(encoder);
      } finally {
        engine.embedInBackground();
      }
      changed();
      return {};
    },
    'encoders.setDefault': async ({ encoder }) => {
      encoders.setStandard(encoder);
      await engine.embedAnew();
      changed();
      return {};
    },
    'encoders.check': async ({ encoder }, { signal }) => {
      const embedder = encoders.named(encoder);
      const trial = await tryEncoder(embedder, signal);
      return { ...trial, encoder: embedder.info };
    },
    'encoders.embed': ({ inputs, masks, texts, encoder }, { signal }) =>
      embedFiles(
        engine,
        {
          inputs: inputs.map((token) => grants.take(token, 'read')),
          masks: masks.map((token) => grants.take(token, 'read')),
          texts,
          encoder,
        },
        signal,
      ),
    'encoders.embedLibrary': ({ encoder, levels }, { signal, progress }) =>
      engine.exclusively('embedding', signal, (either) =>
        embedLibrary(engine, encoder, levels, either, progress),
      ),
    ...backupHandlers(engine, events.restart),
    'files.mend': async ({ kind, id }, { signal }) => {
      if (kind === 'voxels') return { sound: await engine.mender.voxels(reads.volume(id).id, signal) };
      await redrawThumbnail(engine, id);
      return { sound: true };
    },
    'verify.run': ({ repair }, { signal, progress }) =>
      engine.exclusively('a check', signal, (either) => verifyLibrary(engine, repair, either, progress)),
  };
}

function unpacked({ box, packed }: { box: Mask['box']; packed: Uint8Array }): {
  box: [...Mask['box']];
  bits: Uint8Array;
} {
  return plain(unpackMask(box, packed));
}

function plain({ box, bits }: Mask): { box: [...Mask['box']]; bits: Uint8Array } {
  return { box: [...box], bits };
}

function tight(mask: Mask): Mask {
  const whole = tightenMask(mask);
  if (!whole) throw new PrecedentError('usage', 'the region is empty', undefined, 'draw it again');
  return whole;
}
